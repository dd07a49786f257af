-- A visitor's events of a day, by the customer they name and the day they became known. Robots' are among them.
with touched as (
    select distinct
        visitor_id,
        activity_date
    from {{ ref('int_events__arrived') }}
),

events as (
    select
        visitor_id,
        customer_id,
        event_type,
        {{ business_date('occurred_at') }} as activity_date,
        {{ business_date('known_at') }} as known_date
    from {{ ref('int_events') }}
    where true {{ and_not_before('int_event_days', 'occurred_at', ref('int_events__arrived'), 'oldest_date') }}
)

select
    events.visitor_id,
    events.customer_id,
    events.activity_date,
    events.known_date,
    count(*) as event_count,
    count(*) filter (where coalesce(activity_types.is_active, true)) as active_event_count,
    count(*) filter (where activity_types.stage = 'product_view') as product_view_count,
    count(*) filter (where activity_types.stage = 'cart') as cart_count
from events
left join {{ ref('activity_types') }} as activity_types
    on events.event_type = activity_types.activity_type
{{ where_held('int_event_days', 'exists (
    select 1 from touched
    where events.visitor_id = touched.visitor_id and events.activity_date = touched.activity_date
)') }}
group by events.visitor_id, events.customer_id, events.activity_date, events.known_date
