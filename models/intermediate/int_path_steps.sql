-- What followed what within the sessions of the last var('path_days') days that are over.
with bounds as (
    {{ path_bounds() }}
),

steps as (
    select steps.*
    from {{ ref('int_visitor_steps') }} as steps
    inner join bounds
        on
            steps.session_date >= bounds.first_date
            and steps.ended_date <= bounds.last_date
)

select
    'event_type' as path_kind,
    from_event_type as from_state,
    to_event_type as to_state,
    cast(sum(step_count) as bigint) as step_count
from steps
group by from_event_type, to_event_type
union all
select
    'page',
    from_page,
    to_page,
    cast(sum(step_count) as bigint)
from steps
where to_page is not null
group by from_page, to_page
