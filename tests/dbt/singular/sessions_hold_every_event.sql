-- A stale session or day of an incremental run would count an event twice or not at all. A refresh looks at what it has
-- drawn anew: sessions from an instant on, and days from that day on.
with sessions as (
    select coalesce(sum(event_count), 0) as event_count
    from {{ rows_with_drawn_from(ref('int_sessions'), 'session_date') }} as tested
    where started_at >= drawn_from
),

days as (
    select coalesce(sum(event_count), 0) as event_count
    from {{ rows_with_drawn_from(ref('int_event_days'), 'activity_date') }} as tested
    where activity_date >= {{ business_date('drawn_from') }}
),

events as (
    select
        count(*) filter (where occurred_at >= drawn_from) as event_count,
        count(*) filter (
            where {{ business_date('occurred_at') }} >= {{ business_date('drawn_from') }}
        ) as day_event_count
    from {{ rows_with_drawn_from(ref('int_events'), 'occurred_at') }} as tested
)

select
    sessions.event_count as sessions_event_count,
    events.event_count,
    days.event_count as days_event_count,
    events.day_event_count
from sessions
cross join days
cross join events
where
    sessions.event_count <> events.event_count
    or days.event_count <> events.day_event_count
