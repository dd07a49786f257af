-- What events add to a customer's day. An event that names its customer counts from when it was known. One that does
-- not counts for the first customer identified on its device, from that day until the device is known to be shared.
with events as (
    select
        events.visitor_id,
        events.customer_id,
        events.activity_date,
        events.known_date,
        count(*) as event_count,
        count(*) filter (where coalesce(activity_types.is_active, true)) as active_event_count,
        count(*) filter (where coalesce(activity_types.stage, 'visit') = 'product_view') as product_view_count,
        count(*) filter (where activity_types.stage = 'cart') as cart_count
    from {{ ref('int_events__sessionized') }} as events
    inner join {{ ref('int_sessions') }} as sessions
        on events.session_id = sessions.session_id
    left join {{ ref('activity_types') }} as activity_types
        on events.event_type = activity_types.activity_type
    where not sessions.is_robot
    group by events.visitor_id, events.customer_id, events.activity_date, events.known_date
),

anonymous as (
    select
        events.*,
        visitors.customer_id as device_customer_id,
        greatest(events.known_date, visitors.identified_date) as claimed_date,
        greatest(events.known_date, visitors.shared_from_date) as released_date,
        visitors.shared_from_date
    from events
    inner join {{ ref('int_visitors') }} as visitors
        on events.visitor_id = visitors.visitor_id
    where events.customer_id is null
),

attributed as (
    select
        customer_id,
        activity_date,
        known_date,
        1 as sign,
        event_count,
        active_event_count,
        product_view_count,
        cart_count
    from events
    where customer_id is not null
    union all
    select
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
    customer_id,
    activity_date,
    known_date,
    sign * event_count as event_count,
    sign * active_event_count as active_event_count,
    sign * product_view_count as product_view_count,
    sign * cart_count as cart_count
from attributed
