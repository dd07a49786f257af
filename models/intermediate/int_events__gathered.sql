-- Events by visitor and stretch of time. A stretch is no longer than a session's gap, so no session is cut within one.
with drawn as {{ not_materialized_unless_held('int_sessions') }} (
    select events.*
    from {{ drawn_anew(
        'int_sessions', ref('int_events'), 'occurred_at >= touched.drawn_from'
        ~ and_not_before('int_sessions', 'drawn.occurred_at', ref('int_visitors__touched'), 'drawn_from')
    ) }} as events
),

landings as (
    select
        visitor_id,
        {{ session_stretch('occurred_at') }} as stretch,
        {{ first_known('utm_source', event_order()) }} as utm_source,
        {{ first_known('utm_medium', event_order()) }} as utm_medium,
        {{ first_known('utm_campaign', event_order()) }} as utm_campaign
    from drawn as events
    where utm_source is not null or utm_medium is not null or utm_campaign is not null
    group by 1, 2
),

gathered as (
    select
        events.visitor_id,
        {{ session_stretch('events.occurred_at') }} as stretch,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        count(*) filter (where event_type = 'page_view') as page_view_count,
        count(*) filter (where activity_types.stage = 'product_view') as product_view_count,
        count(*) filter (where activity_types.stage = 'cart') as cart_count,
        count(*) filter (where activity_types.stage = 'checkout') as checkout_count,
        count(*) filter (where activity_types.stage = 'purchase') as purchase_count,
        {{ stage_moments() }},
        {{ first_known('page_path', event_order()) }} as entry_page,
        {{ last_known('page_path', event_order()) }} as exit_page,
        {{ first_known('device', event_order()) }} as device,
        min(customer_id) as lowest_customer_id,
        max(customer_id) as highest_customer_id
    from drawn as events
    left join {{ ref('activity_types') }} as activity_types
        on events.event_type = activity_types.activity_type
    group by 1, 2
)

select
    gathered.*,
    landings.utm_source,
    landings.utm_medium,
    landings.utm_campaign
from gathered
left join landings
    on
        gathered.visitor_id = landings.visitor_id
        and gathered.stretch = landings.stretch
