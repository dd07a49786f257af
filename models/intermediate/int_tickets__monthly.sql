-- Tickets under the months they were opened, first answered and closed in; once by category, once for all. Before the
-- first answer of all, and where the source tells none, who answered when is not known.
with tickets as (
    select
        coalesce(tickets.category, '(none)') as category,
        tickets.rating,
        {{ period_start('month', business_date('tickets.opened_at')) }} as opened_month,
        {{ period_start('month', business_date('tickets.first_response_at')) }} as answered_month,
        {{ period_start('month', business_date('tickets.closed_at')) }} as closed_month,
        {{ days_elapsed('tickets.opened_at', 'tickets.first_response_at') }} * 24 as response_hours,
        {{ days_elapsed('tickets.opened_at', 'tickets.closed_at') }} * 24 as resolution_hours
    from {{ ref('stg_support_tickets') }} as tickets
    left join {{ ref('int_customers') }} as customers
        on tickets.customer_id = customers.customer_id
    where not coalesce(customers.is_test, false)
),

sorted as (
    select
        *,
        category as sorted_under
    from tickets
    union all
    select
        *,
        'all' as sorted_under
    from tickets
),

opened as (
    select
        sorted_under,
        opened_month as service_month,
        count(*) as opened_count
    from sorted
    group by sorted_under, opened_month
),

answered as (
    select
        sorted_under,
        answered_month as service_month,
        count(*) as answered_count,
        percentile_cont(0.5) within group (order by response_hours) as first_response_hours_median,
        percentile_cont(0.9) within group (order by response_hours) as first_response_hours_p90
    from sorted
    where answered_month is not null
    group by sorted_under, answered_month
),

known_from as (
    select min(service_month) as first_answered_month from answered
),

closed as (
    select
        sorted_under,
        closed_month as service_month,
        count(*) as closed_count,
        count(rating) as rated_count,
        count(*) filter (where rating >= 4) as satisfied_count,
        percentile_cont(0.5) within group (order by resolution_hours) as resolution_hours_median,
        percentile_cont(0.9) within group (order by resolution_hours) as resolution_hours_p90
    from sorted
    where closed_month is not null
    group by sorted_under, closed_month
),

categories as (
    select
        sorted_under,
        min(service_month) as first_month
    from opened
    group by sorted_under
)

select
    categories.sorted_under as category,
    periods.period_start_date as service_month,
    coalesce(opened.opened_count, 0) as opened_count,
    case
        when periods.period_start_date >= known_from.first_answered_month then coalesce(answered.answered_count, 0)
    end as answered_count,
    coalesce(closed.closed_count, 0) as closed_count,
    coalesce(closed.rated_count, 0) as rated_count,
    coalesce(closed.satisfied_count, 0) as satisfied_count,
    answered.first_response_hours_median,
    answered.first_response_hours_p90,
    closed.resolution_hours_median,
    closed.resolution_hours_p90,
    periods.is_over
from categories
inner join {{ ref('int_retention_periods') }} as periods
    on categories.first_month <= periods.period_start_date
cross join known_from
left join opened
    on
        categories.sorted_under = opened.sorted_under
        and periods.period_start_date = opened.service_month
left join answered
    on
        categories.sorted_under = answered.sorted_under
        and periods.period_start_date = answered.service_month
left join closed
    on
        categories.sorted_under = closed.sorted_under
        and periods.period_start_date = closed.service_month
where periods.period_type = 'month'
