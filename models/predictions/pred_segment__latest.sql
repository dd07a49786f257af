-- The champion's segments of its newest as-of date.
with champion_segments as (
    select segments.*
    from {{ ref('pred_segment') }} as segments
    inner join {{ ref('ml_training_runs') }} as runs
        on segments.model_version = runs.model_version
    where runs.task = 'segment' and runs.is_champion
),

newest as (
    select max(as_of_date) as as_of_date from champion_segments
)

select
    champion_segments.customer_id,
    champion_segments.as_of_date,
    champion_segments.model_version,
    champion_segments.segment_id,
    champion_segments.segment_name,
    champion_segments.segment_confidence,
    champion_segments.is_unusual,
    champion_segments.scored_at
from champion_segments
inner join newest
    on champion_segments.as_of_date = newest.as_of_date
