-- An id and a name of a model version mean one segment, that of the register.
select distinct
    scored.model_version,
    scored.segment_id,
    scored.segment_name
from {{ ref('pred_segment') }} as scored
left join {{ ref('ml_segments') }} as segments
    on
        scored.model_version = segments.model_version
        and scored.segment_id = segments.segment_id
        and scored.segment_name = segments.segment_name
where segments.segment_id is null
