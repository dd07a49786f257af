-- The one fact that everything downstream reads. The sum over known_date <= D is the day as it was known on D:
-- a correction is an entry of its own, of opposite sign, under the day it became known.
with entries as (
    select
        customer_id,
        activity_date,
        known_date,
        {{ day_measures(['order_count', 'gross_amount', 'discount_amount', 'refund_amount', 'margin_amount']) }}
    from {{ ref('int_order_days') }}
    union all
    select
        customer_id,
        activity_date,
        known_date,
        {{ day_measures(['event_count', 'active_event_count', 'product_view_count', 'cart_count']) }}
    from {{ ref('int_visit_days') }}
    union all
    select
        customer_id,
        activity_date,
        known_date,
        {{ day_measures(['message_count', 'opened_count', 'clicked_count', 'unsubscribe_count', 'ticket_count',
            'complaint_count', 'review_count', 'low_review_count']) }}
    from {{ ref('int_contact_days') }}
)

select
    customer_id,
    activity_date,
    known_date,
    {{ day_totals() }}
from entries
group by customer_id, activity_date, known_date
