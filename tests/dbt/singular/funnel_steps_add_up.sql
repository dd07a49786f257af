-- Who reached a step and who dropped are those of the step before; the first step is every visit of the period.
with steps as (
    select
        *,
        lag(entered_count) over (
            partition by funnel_basis, period_type, period_start_date order by step_number
        ) as previous_count
    from {{ ref('fct_funnel') }}
    where is_matured
),

visitors as (
    select
        {{ period_start('month', 'session_date') }} as period_start_date,
        visitor_id,
        count(*) as session_count
    from {{ ref('fct_sessions') }}
    where not is_test
    group by 1, 2
),

visits as (
    select
        period_start_date,
        sum(session_count) as session_count,
        count(*) as visitor_count
    from visitors
    group by 1
)

select
    funnel_basis,
    period_start_date,
    step_number
from steps
where step_number > 1 and entered_count + dropped_count is distinct from previous_count
union all
select
    steps.funnel_basis,
    steps.period_start_date,
    steps.step_number
from steps
left join visits
    on steps.period_start_date = visits.period_start_date
where
    steps.step_number = 1
    and steps.period_type = 'month'
    and steps.entered_count
    <> case steps.funnel_basis
        when 'session' then coalesce(visits.session_count, 0) else coalesce(visits.visitor_count, 0)
    end
