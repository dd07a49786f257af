-- When a customer's day counts as a purchase day, a visit and so on: from the day that became known until, rarely,
-- the day a correction undid it.
with day_kinds as (
    {{ day_kind('purchase', 'order_count') }}
    union all
    {{ day_kind('active', 'order_count + active_event_count') }}
    union all
    {{ day_kind('visit', 'event_count') }}
    union all
    {{ day_kind('ticket', 'ticket_count') }}
    union all
    {{ day_kind('opened', 'opened_count') }}
    union all
    {{ day_kind('cart', 'cart_count') }}
    union all
    {{ day_kind('complaint', 'complaint_count') }}
    union all
    {{ day_kind('unsubscribe', 'unsubscribe_count') }}
),

running as (
    select
        *,
        sum(quantity) over (
            partition by customer_id, day_kind, activity_date
            order by known_date
            rows between unbounded preceding and current row
        ) > 0 as is_counted
    from day_kinds
),

changes as (
    select
        *,
        coalesce(lag(is_counted) over (
            partition by customer_id, day_kind, activity_date order by known_date
        ), false) as was_counted
    from running
),

spans as (
    select
        *,
        lead(known_date) over (
            partition by customer_id, day_kind, activity_date order by known_date
        ) as known_to_date
    from changes
    where is_counted <> was_counted
)

select
    customer_id,
    day_kind,
    activity_date,
    known_date as known_from_date,
    known_to_date
from spans
where is_counted
