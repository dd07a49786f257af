-- The segments are a partition of the 125 codes. `dbt build --empty` reads none of them.
with scores as (
    select 1 as score
    union all
    select 2
    union all
    select 3
    union all
    select 4
    union all
    select 5
)

select concat(r.score, f.score, m.score) as rfm_code
from scores as r
cross join scores as f
cross join scores as m
left join {{ ref('rfm_segments') }} as segments
    on concat(r.score, f.score, m.score) = segments.rfm_code
where segments.rfm_segment is null {{ 'and false' if flags.EMPTY }}
