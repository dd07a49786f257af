-- What the sums of a customer's days change by at each as-of date.
with entries as {{ not_materialized_unless_held('int_snapshots') }} (
    select * from {{ ref('int_customer_days') }}
    where {{ is_of_due_customer() }}
),

entered as {{ not_materialized_unless_held('int_snapshots') }} (
    {{ entering('entries') }}
),

movements as (
    {{ movements(
        'entered',
        ['order_count', 'gross_amount', 'discount_amount', 'refund_amount', 'margin_amount', 'event_count',
         'product_view_count', 'cart_count', 'message_count', 'opened_count', 'clicked_count', 'unsubscribe_count',
         'ticket_count', 'complaint_count', 'review_count', 'low_review_count'],
        {30: 'true', 90: 'true', 365: 'true'}
    ) }}
)

select
    customer_id,
    as_of_date,
    {{ change('gross_amount - discount_amount - refund_amount') }} as net_revenue_amount,
    {{ change('gross_amount - discount_amount - refund_amount', 365) }} as net_revenue_365d_amount,
    {{ change('gross_amount - discount_amount - refund_amount', 90) }} as net_revenue_90d_amount,
    {{ change('gross_amount', 365) }} as gross_365d_amount,
    {{ change('discount_amount', 365) }} as discount_365d_amount,
    {{ change('refund_amount', 365) }} as refund_365d_amount,
    {{ change('margin_amount') }} as margin_amount,
    {{ change('margin_amount', 365) }} as margin_365d_amount,
    {{ change('margin_amount', 90) }} as margin_90d_amount,
    {{ change('order_count', 365) }} as order_count_365d,
    {{ change('event_count', 30) }} as event_count_30d,
    {{ change('event_count', 90) }} as event_count_90d,
    {{ change('product_view_count', 30) }} as product_view_count_30d,
    {{ change('cart_count', 30) }} as cart_count_30d,
    {{ change('message_count', 90) }} as message_count_90d,
    {{ change('opened_count', 90) }} as opened_count_90d,
    {{ change('clicked_count', 90) }} as clicked_count_90d,
    {{ change('unsubscribe_count') }} as unsubscribe_count,
    {{ change('ticket_count', 90) }} as ticket_count_90d,
    {{ change('ticket_count', 365) }} as ticket_count_365d,
    {{ change('complaint_count', 365) }} as complaint_count_365d,
    {{ change('review_count', 365) }} as review_count_365d,
    {{ change('low_review_count', 365) }} as low_review_count_365d
from movements
where {{ is_due() }}
group by customer_id, as_of_date
