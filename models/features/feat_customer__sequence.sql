-- The 364 days before an as-of date in thirteen stretches of four weeks, as they were known then. What the recurrent
-- network reads; a view, computed for the dates and customers that are asked for.
with days as (
    select
        snapshots.customer_id,
        snapshots.as_of_date,
        customer_days.activity_date,
        sum(customer_days.order_count) as order_count,
        sum(
            customer_days.gross_amount - customer_days.discount_amount - customer_days.refund_amount
        ) as net_revenue_amount,
        sum(customer_days.event_count) as event_count,
        sum(customer_days.product_view_count) as product_view_count,
        sum(customer_days.cart_count) as cart_count,
        sum(customer_days.message_count) as message_count,
        sum(customer_days.opened_count) as opened_count,
        sum(customer_days.clicked_count) as clicked_count,
        sum(customer_days.ticket_count) as ticket_count,
        sum(customer_days.complaint_count) as complaint_count,
        sum(customer_days.review_count) as review_count
    from {{ ref('int_snapshots') }} as snapshots
    inner join {{ ref('int_customer_days') }} as customer_days
        on
            snapshots.customer_id = customer_days.customer_id
            and customer_days.known_date <= snapshots.as_of_date
            and customer_days.activity_date <= snapshots.as_of_date
            and customer_days.activity_date > {{ add_days('snapshots.as_of_date', -364) }}
    group by snapshots.customer_id, snapshots.as_of_date, customer_days.activity_date
),

periods as (
    select
        *,
        1 + cast(floor({{ days_between('activity_date', 'as_of_date') }} / 28) as bigint) as period_number
    from days
)

select
    customer_id,
    as_of_date,
    period_number,
    count(case when order_count > 0 then 1 end) as purchase_days,
    cast(sum(net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
    count(case when event_count > 0 then 1 end) as visit_days,
    cast(sum(event_count) as bigint) as event_count,
    cast(sum(product_view_count) as bigint) as product_view_count,
    cast(sum(cart_count) as bigint) as cart_count,
    cast(sum(message_count) as bigint) as message_count,
    cast(sum(opened_count) as bigint) as opened_count,
    cast(sum(clicked_count) as bigint) as clicked_count,
    cast(sum(ticket_count) as bigint) as ticket_count,
    cast(sum(complaint_count) as bigint) as complaint_count,
    cast(sum(review_count) as bigint) as review_count
from periods
group by customer_id, as_of_date, period_number
