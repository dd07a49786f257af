-- From period to period: each begins with what the one before ended with, no period is left out, every customer is new
-- once, and revenue is that of customers' days to the last digit.
with growth as (
    select
        growth.period_type,
        growth.period_start_date,
        growth.previous_active_count,
        lag(growth.active_count) over by_period as active_before_count,
        lag(periods.period_number) over by_period as number_before,
        periods.period_number
    from {{ ref('fct_growth_accounting') }} as growth
    left join {{ ref('int_lifecycle_periods') }} as periods
        on
            growth.period_type = periods.period_type
            and growth.period_start_date = periods.period_start_date
    window by_period as (partition by growth.period_type order by growth.period_start_date)
),

revenue as (
    select
        revenue.period_type,
        revenue.period_start_date,
        revenue.previous_revenue_amount,
        lag(revenue.revenue_amount) over by_period as revenue_before_amount,
        lag(periods.period_number) over by_period as number_before,
        periods.period_number
    from {{ ref('fct_revenue_growth') }} as revenue
    left join {{ ref('int_lifecycle_periods') }} as periods
        on
            revenue.period_type = periods.period_type
            and revenue.period_start_date = periods.period_start_date
    window by_period as (partition by revenue.period_type order by revenue.period_start_date)
),

totals as (
    select
        growth.period_type,
        sum(growth.new_count) as new_count,
        max(case when growth.is_matured then periods.period_end_date end) as last_date
    from {{ ref('fct_growth_accounting') }} as growth
    inner join {{ ref('int_lifecycle_periods') }} as periods
        on
            growth.period_type = periods.period_type
            and growth.period_start_date = periods.period_start_date
    group by growth.period_type
),

first_purchases as (
    select
        totals.period_type,
        count(*) as customer_count
    from totals
    inner join {{ ref('int_purchase_days') }} as purchases
        on totals.last_date >= purchases.purchase_date
    where purchases.purchase_number = 1
    group by totals.period_type
),

revenue_totals as (
    select
        period_type,
        sum(revenue_amount) as revenue_amount,
        sum(new_amount + expansion_amount + reactivated_amount - contraction_amount - churned_amount)
            as net_growth_amount,
        max(case when is_matured then period_start_date end) as last_start_date
    from {{ ref('fct_revenue_growth') }}
    group by period_type
),

days as (
    select
        revenue_totals.period_type,
        sum(days.gross_amount - days.discount_amount - days.refund_amount) as revenue_amount
    from revenue_totals
    inner join {{ ref('int_lifecycle_periods') }} as periods
        on
            revenue_totals.period_type = periods.period_type
            and revenue_totals.last_start_date = periods.period_start_date
    inner join {{ ref('int_customer_days') }} as days
        on periods.period_end_date >= days.activity_date
    cross join {{ ref('int_watermark') }} as watermark
    where days.known_date <= watermark.watermark_date
    group by revenue_totals.period_type
)

select
    period_type,
    'customers do not follow from the period before' as problem
from growth
where
    number_before is not null
    and (previous_active_count is distinct from active_before_count or period_number <> number_before + 1)
union all
select
    period_type,
    'revenue does not follow from the period before' as problem
from revenue
where
    number_before is not null
    and (previous_revenue_amount is distinct from revenue_before_amount or period_number <> number_before + 1)
union all
select
    totals.period_type,
    'new customers are not those who bought' as problem
from totals
left join first_purchases
    on totals.period_type = first_purchases.period_type
where coalesce(totals.new_count, 0) <> coalesce(first_purchases.customer_count, 0)
union all
select
    revenue_totals.period_type,
    'revenue is not that of customers days' as problem
from revenue_totals
left join days
    on revenue_totals.period_type = days.period_type
where coalesce(revenue_totals.revenue_amount, 0) <> coalesce(days.revenue_amount, 0)
