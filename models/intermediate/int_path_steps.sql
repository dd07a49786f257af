-- What followed what within the sessions of the last var('path_days') days that are over. The pages gone to most have a
-- name of their own; the others are one.
with bounds as (
    {{ path_bounds() }}
),

steps as {{ not_materialized() }} (
    select steps.*
    from {{ ref('int_visitor_steps') }} as steps
    inner join bounds
        on
            steps.session_date >= bounds.first_date
            and steps.ended_date <= bounds.last_date
),

-- steps are many, pairs of pages are few
pairs as (
    select
        from_page,
        to_page,
        sum(step_count) as step_count
    from steps
    where to_page is not null
    group by from_page, to_page
),

pages as (
    select to_page as page_path
    from pairs
    where to_page <> '(end)'
    group by to_page
    order by sum(step_count) desc, to_page asc
    limit {{ var('path_pages') }}
),

named as (
    select
        case when pairs.from_page = '(start)' then '(start)' else coalesce(origins.page_path, '(other)') end
            as from_page,
        case when pairs.to_page = '(end)' then '(end)' else coalesce(targets.page_path, '(other)') end as to_page,
        pairs.step_count
    from pairs
    left join pages as origins
        on pairs.from_page = origins.page_path
    left join pages as targets
        on pairs.to_page = targets.page_path
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
from named
group by from_page, to_page
