-- Where each customer stands today: the purchase days that count, and the lifecycle state they put the customer in.
with returns as (
    select
        purchases.customer_id,
        purchases.purchase_date,
        purchases.purchase_number,
        {{ days_between('lag(purchases.purchase_date) over (
            partition by purchases.customer_id order by purchases.purchase_date
        )', 'purchases.purchase_date') }} > horizon.horizon_days as is_return_after_lapse
    from {{ ref('int_purchase_days') }} as purchases
    cross join {{ ref('int_churn_horizon') }} as horizon
),

purchases as (
    select
        returns.customer_id,
        min(returns.purchase_date) as first_purchase_date,
        max(returns.purchase_date) as last_purchase_date,
        max(case when returns.is_return_after_lapse then returns.purchase_date end) as reactivated_date,
        count(*) as purchase_day_count,
        count(*) filter (where returns.purchase_date > {{ add_days('watermark.watermark_date', -365) }})
            as purchase_days_365d
    from returns
    cross join {{ ref('int_watermark') }} as watermark
    group by returns.customer_id
),

ages as (
    select
        customers.customer_id,
        purchases.first_purchase_date,
        purchases.last_purchase_date,
        purchases.purchase_day_count,
        purchases.purchase_days_365d,
        horizon.horizon_days,
        {{ days_between('purchases.first_purchase_date', 'watermark.watermark_date') }} as first_purchase_age_days,
        {{ days_between('purchases.last_purchase_date', 'watermark.watermark_date') }} as recency_days,
        {{ days_between('purchases.reactivated_date', 'watermark.watermark_date') }} as reactivation_age_days
    from {{ ref('int_customers') }} as customers
    cross join {{ ref('int_churn_horizon') }} as horizon
    cross join {{ ref('int_watermark') }} as watermark
    left join purchases
        on customers.customer_id = purchases.customer_id
)

select
    customer_id,
    first_purchase_date,
    last_purchase_date,
    coalesce(purchase_day_count, 0) as purchase_day_count,
    recency_days,
    {{ lifecycle_state() }} as lifecycle_state
from ages
