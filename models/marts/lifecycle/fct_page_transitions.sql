with bounds as (
    {{ path_bounds() }}
),

steps as (
    select
        from_state as from_page,
        to_state as to_page,
        step_count,
        sum(step_count) over (partition by from_state) as from_count,
        row_number() over (partition by from_state order by step_count desc, to_state asc) as next_rank
    from {{ ref('int_path_steps') }}
    where path_kind = 'page'
)

select
    steps.from_page,
    steps.to_page,
    steps.step_count as transition_count,
    cast(steps.from_count as bigint) as from_count,
    {{ rate_with_interval('steps.step_count', 'steps.from_count', 'transition_probability') }},
    cast(steps.next_rank as bigint) as next_rank,
    bounds.first_date,
    bounds.last_date
from steps
cross join bounds
