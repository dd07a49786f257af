with bounds as (
    {{ path_bounds() }}
),

steps as (
    select
        from_state as from_event_type,
        to_state as to_event_type,
        step_count,
        sum(step_count) over (partition by from_state) as from_count,
        row_number() over (partition by from_state order by step_count desc, to_state asc) as next_rank
    from {{ ref('int_path_steps') }}
    where path_kind = 'event_type'
)

select
    steps.from_event_type,
    steps.to_event_type,
    steps.step_count as transition_count,
    cast(steps.from_count as bigint) as from_count,
    {{ share('steps.step_count', 'steps.from_count') }} as transition_probability,
    {{ wilson_low('steps.step_count', 'steps.from_count') }} as transition_probability_low,
    {{ wilson_high('steps.step_count', 'steps.from_count') }} as transition_probability_high,
    cast(steps.next_rank as bigint) as next_rank,
    bounds.first_date,
    bounds.last_date
from steps
cross join bounds
