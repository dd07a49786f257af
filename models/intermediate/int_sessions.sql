with events as (
    select
        events.*,
        coalesce(activity_types.stage, 'visit') as stage
    from {{ ref('int_events__sessionized') }} as events
    left join {{ ref('activity_types') }} as activity_types
        on events.event_type = activity_types.activity_type
),

sessions as (
    select
        session_id,
        visitor_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        count(*) filter (where event_type = 'page_view') as page_view_count,
        count(*) filter (where stage = 'product_view') as product_view_count,
        count(*) filter (where stage = 'cart') as cart_count,
        count(*) filter (where stage = 'checkout') as checkout_count,
        count(*) filter (where stage = 'purchase') as purchase_count,
        min_by(page_path, event_number) filter (where page_path is not null) as entry_page,
        max_by(page_path, event_number) filter (where page_path is not null) as exit_page,
        min_by(utm_source, event_number) filter (where utm_source is not null) as utm_source,
        min_by(utm_medium, event_number) filter (where utm_medium is not null) as utm_medium,
        min_by(utm_campaign, event_number) filter (where utm_campaign is not null) as utm_campaign,
        min_by(device, event_number) filter (where device is not null) as device,
        count(distinct customer_id) as customer_count,
        min(customer_id) as identified_customer_id
    from events
    group by session_id, visitor_id
),

identified as (
    select
        sessions.*,
        case
            when sessions.customer_count = 1 then sessions.identified_customer_id
            when sessions.customer_count = 0 and visitors.customer_count = 1 then visitors.customer_id
        end as customer_id
    from sessions
    left join {{ ref('int_visitors') }} as visitors
        on sessions.visitor_id = visitors.visitor_id
)

select
    session_id,
    visitor_id,
    customer_id,
    started_at,
    ended_at,
    {{ business_date('started_at') }} as session_date,
    event_count,
    page_view_count,
    product_view_count,
    cart_count,
    checkout_count,
    purchase_count,
    entry_page,
    exit_page,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    purchase_count > 0 as is_converted,
    (
        ended_at > started_at + {{ days(var('robot_session_days')) }}
        or event_count > {{ var('robot_session_events') }}
    ) as is_robot
from identified
