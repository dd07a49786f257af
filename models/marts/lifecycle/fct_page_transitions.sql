-- The pages seen most have a name of their own; the others are one.
with bounds as (
    {{ path_bounds() }}
),

page_steps as (
    select * from {{ ref('int_path_steps') }}
    where path_kind = 'page'
),

pages as (
    select
        to_state as page_path,
        row_number() over (order by sum(step_count) desc, to_state asc) as page_rank
    from page_steps
    where to_state <> '(end)'
    group by 1
),

named as (
    select
        case when page_steps.from_state = '(start)' then '(start)' else coalesce(origins.page_path, '(other)') end
            as from_page,
        case when page_steps.to_state = '(end)' then '(end)' else coalesce(targets.page_path, '(other)') end as to_page,
        sum(page_steps.step_count) as step_count
    from page_steps
    left join pages as origins
        on
            page_steps.from_state = origins.page_path
            and origins.page_rank <= {{ var('path_pages') }}
    left join pages as targets
        on
            page_steps.to_state = targets.page_path
            and targets.page_rank <= {{ var('path_pages') }}
    group by 1, 2
),

steps as (
    select
        *,
        sum(step_count) over (partition by from_page) as from_count,
        row_number() over (partition by from_page order by step_count desc, to_page asc) as next_rank
    from named
)

select
    steps.from_page,
    steps.to_page,
    cast(steps.step_count as bigint) as transition_count,
    cast(steps.from_count as bigint) as from_count,
    {{ share('steps.step_count', 'steps.from_count') }} as transition_probability,
    {{ wilson_low('steps.step_count', 'steps.from_count') }} as transition_probability_low,
    {{ wilson_high('steps.step_count', 'steps.from_count') }} as transition_probability_high,
    cast(steps.next_rank as bigint) as next_rank,
    bounds.first_date,
    bounds.last_date
from steps
cross join bounds
