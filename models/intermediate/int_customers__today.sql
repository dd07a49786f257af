-- Where each customer stands today: the purchase days that count, and the state of the interval that is open.
with purchases as (
    select
        customer_id,
        min(purchase_date) as first_purchase_date,
        max(purchase_date) as last_purchase_date,
        count(*) as purchase_day_count
    from {{ ref('int_purchase_days') }}
    group by customer_id
)

select
    customers.customer_id,
    purchases.first_purchase_date,
    purchases.last_purchase_date,
    coalesce(purchases.purchase_day_count, 0) as purchase_day_count,
    {{ days_between('purchases.last_purchase_date', 'watermark.watermark_date') }} as recency_days,
    states.lifecycle_state
from {{ ref('int_customers') }} as customers
cross join {{ ref('int_watermark') }} as watermark
left join purchases
    on customers.customer_id = purchases.customer_id
left join {{ ref('int_customer_states') }} as states
    on
        customers.customer_id = states.customer_id
        and states.valid_to_date is null
