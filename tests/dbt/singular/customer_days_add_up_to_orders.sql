-- To the cent: what customers' days say they spent is what their orders say.
with days as (
    select
        sum(gross_amount - discount_amount - refund_amount) as amount,
        sum(margin_amount) as margin_amount
    from {{ ref('int_customer_days') }}
),

orders as (
    select
        sum(net_revenue_amount) as amount,
        sum(margin_amount) as margin_amount
    from {{ ref('fct_orders') }}
    where customer_id is not null
)

select
    days.amount as days_amount,
    orders.amount as orders_amount,
    days.margin_amount as days_margin_amount,
    orders.margin_amount as orders_margin_amount
from days
cross join orders
where days.amount <> orders.amount or days.margin_amount <> orders.margin_amount
