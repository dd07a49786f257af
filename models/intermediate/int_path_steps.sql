-- What followed what within the sessions of the last var('path_days') days that are over.
with bounds as (
    {{ path_bounds() }}
)

select
    steps.path_kind,
    steps.from_state,
    steps.to_state,
    cast(sum(steps.step_count) as bigint) as step_count
from {{ ref('int_visitor_steps') }} as steps
inner join bounds
    on
        steps.session_date >= bounds.first_date
        and steps.ended_date <= bounds.last_date
group by steps.path_kind, steps.from_state, steps.to_state
