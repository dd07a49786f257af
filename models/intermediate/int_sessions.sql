-- Sessions are runs of neighbouring stretches of time, none longer than a session's gap, without a gap between them. Which
-- stretches go on with an earlier one is told by their first and last moments alone; then events are gathered by session.
with drawn as {{ not_materialized_unless_held('int_sessions') }} (
    select
        events.*,
        {{ session_stretch('events.occurred_at') }} as stretch
    from {{ drawn_anew(
        'int_sessions', ref('int_events'), 'occurred_at >= touched.drawn_from'
        ~ and_not_before('int_sessions', 'drawn.occurred_at', ref('int_visitors__touched'), 'drawn_from')
    ) }} as events
),

stretches as (
    select
        visitor_id,
        stretch,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at
    from drawn
    group by visitor_id, stretch
),

bounded as (
    select
        visitor_id,
        stretch,
        coalesce(
            started_at > lag(ended_at) over visits + {{ minutes(var('session_gap_minutes')) }}, true
        ) as is_first,
        coalesce(
            lead(started_at) over visits > ended_at + {{ minutes(var('session_gap_minutes')) }}, true
        ) as is_last
    from stretches
    window visits as (partition by visitor_id order by stretch)
),

-- most sessions are one stretch
runs as (
    select
        visitor_id,
        stretch,
        is_first,
        max(case when is_first then stretch end) over (
            partition by visitor_id order by stretch
            rows between unbounded preceding and current row
        ) as first_stretch
    from bounded
    where not (is_first and is_last)
),

continued as (
    select
        visitor_id,
        stretch,
        first_stretch
    from runs
    where not is_first
),

events as {{ not_materialized_unless_held('int_sessions') }} (
    select
        drawn.*,
        coalesce(continued.first_stretch, drawn.stretch) as first_stretch
    from drawn
    left join continued
        on
            drawn.visitor_id = continued.visitor_id
            and drawn.stretch = continued.stretch
),

landings as (
    select
        visitor_id,
        first_stretch,
        {{ first_known('utm_source', event_order()) }} as utm_source,
        {{ first_known('utm_medium', event_order()) }} as utm_medium,
        {{ first_known('utm_campaign', event_order()) }} as utm_campaign
    from events
    where utm_source is not null or utm_medium is not null or utm_campaign is not null
    group by visitor_id, first_stretch
),

sessions as (
    select
        visitor_id,
        first_stretch,
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
    from events
    left join {{ ref('activity_types') }} as activity_types
        on events.event_type = activity_types.activity_type
    group by visitor_id, first_stretch
)

select
    md5(concat(sessions.visitor_id, '|', cast(sessions.started_at as {{ dbt.type_string() }}))) as session_id,
    sessions.visitor_id,
    sessions.started_at,
    sessions.ended_at,
    {{ business_date('sessions.started_at') }} as session_date,
    sessions.event_count,
    sessions.page_view_count,
    sessions.product_view_count,
    sessions.cart_count,
    sessions.checkout_count,
    sessions.purchase_count,
    sessions.first_product_view_at,
    sessions.first_cart_at,
    sessions.last_cart_at,
    sessions.first_checkout_at,
    sessions.last_checkout_at,
    sessions.first_purchase_at,
    sessions.last_purchase_at,
    sessions.entry_page,
    sessions.exit_page,
    landings.utm_source,
    landings.utm_medium,
    landings.utm_campaign,
    sessions.device,
    case
        when sessions.lowest_customer_id = sessions.highest_customer_id then sessions.lowest_customer_id
    end as identified_customer_id,
    sessions.lowest_customer_id is not null as is_identified,
    (
        sessions.ended_at > sessions.started_at + {{ days(var('robot_session_days')) }}
        or sessions.event_count > {{ var('robot_session_events') }}
    ) as is_robot
from sessions
left join landings
    on
        sessions.visitor_id = landings.visitor_id
        and sessions.first_stretch = landings.first_stretch
