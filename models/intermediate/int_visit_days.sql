-- What a visitor's events add to a customer's day. An event that names its customer counts from when it was known. One
-- that does not counts for the first customer identified on its device, from that day until the device is known to be
-- shared. Robots' events are taken out again.
-- A device on which nobody has identified adds nothing.
with devices as (
    select visitor_id from {{ ref('int_visitors') }}
    where {{ is_of_touched_visitor('int_visit_days', 'visitor_id') }}
),

robots as (
    select
        events.visitor_id,
        events.customer_id,
        {{ business_date('events.occurred_at') }} as activity_date,
        {{ business_date('events.known_at') }} as known_date,
        coalesce(activity_types.is_active, true) as is_active,
        activity_types.stage
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_sessions') }} as sessions
        on
            events.visitor_id = sessions.visitor_id
            and events.occurred_at between sessions.started_at and sessions.ended_at
    left join {{ ref('activity_types') }} as activity_types
        on events.event_type = activity_types.activity_type
    where sessions.is_robot and sessions.visitor_id in (select devices.visitor_id from devices)
),

entries as (
    select
        visitor_id,
        customer_id,
        activity_date,
        known_date,
        event_count,
        active_event_count,
        product_view_count,
        cart_count
    from {{ ref('int_event_days') }}
    where visitor_id in (select devices.visitor_id from devices)
    union all
    select
        visitor_id,
        customer_id,
        activity_date,
        known_date,
        -count(*),
        -count(*) filter (where is_active),
        -count(*) filter (where stage = 'product_view'),
        -count(*) filter (where stage = 'cart')
    from robots
    group by visitor_id, customer_id, activity_date, known_date
),

anonymous as (
    select
        entries.*,
        visitors.customer_id as device_customer_id,
        greatest(entries.known_date, visitors.identified_date) as claimed_date,
        greatest(entries.known_date, visitors.shared_from_date) as released_date,
        visitors.shared_from_date
    from entries
    inner join {{ ref('int_visitors') }} as visitors
        on entries.visitor_id = visitors.visitor_id
    where entries.customer_id is null
),

attributed as (
    select
        visitor_id,
        customer_id,
        activity_date,
        known_date,
        1 as sign,
        event_count,
        active_event_count,
        product_view_count,
        cart_count
    from entries
    where customer_id is not null
    union all
    select
        visitor_id,
        device_customer_id,
        activity_date,
        claimed_date,
        1,
        event_count,
        active_event_count,
        product_view_count,
        cart_count
    from anonymous
    union all
    select
        visitor_id,
        device_customer_id,
        activity_date,
        greatest(claimed_date, released_date),
        -1,
        event_count,
        active_event_count,
        product_view_count,
        cart_count
    from anonymous
    where shared_from_date is not null
)

select
    visitor_id,
    customer_id,
    activity_date,
    known_date,
    cast(sum(sign * event_count) as bigint) as event_count,
    cast(sum(sign * active_event_count) as bigint) as active_event_count,
    cast(sum(sign * product_view_count) as bigint) as product_view_count,
    cast(sum(sign * cart_count) as bigint) as cart_count
from attributed
group by visitor_id, customer_id, activity_date, known_date
having sum(sign * event_count) <> 0
