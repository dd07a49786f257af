-- Each customer's intervals follow each other without a gap or an overlap, begin on the day the customer was known or
-- first bought, and end at the watermark with one that is open.
with in_order as (
    select
        *,
        lag(valid_to_date) over (partition by customer_id order by valid_from_date) as ended_date,
        lag(lifecycle_state) over (partition by customer_id order by valid_from_date) as ended_state,
        row_number() over (partition by customer_id order by valid_from_date) as interval_number,
        row_number() over (partition by customer_id order by valid_from_date desc) as newness
    from {{ ref('fct_customer_states') }}
),

beginnings as (
    select
        customers.customer_id,
        least(
            coalesce(customers.first_known_date, purchases.purchase_date),
            coalesce(purchases.purchase_date, customers.first_known_date)
        ) as first_date
    from {{ ref('int_customers') }} as customers
    left join {{ ref('int_purchase_days') }} as purchases
        on
            customers.customer_id = purchases.customer_id
            and purchases.purchase_number = 1
    where not customers.is_test
)

select
    in_order.customer_id,
    in_order.valid_from_date
from in_order
cross join {{ ref('int_watermark') }} as watermark
where
    (in_order.interval_number > 1 and in_order.ended_date is distinct from in_order.valid_from_date)
    or in_order.previous_state is distinct from in_order.ended_state
    or (in_order.newness = 1) <> (in_order.valid_to_date is null)
    or in_order.valid_from_date > watermark.watermark_date
union all
select
    beginnings.customer_id,
    beginnings.first_date
from beginnings
cross join {{ ref('int_watermark') }} as watermark
left join in_order
    on
        beginnings.customer_id = in_order.customer_id
        and in_order.interval_number = 1
where
    case when beginnings.first_date <= watermark.watermark_date then beginnings.first_date end
    is distinct from in_order.valid_from_date
