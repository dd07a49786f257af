-- A stale session or day of an incremental run would count an event twice or not at all. A refresh looks at the
-- visitors of what arrived.
with sessions as (
    select coalesce(sum(event_count), 0) as event_count from {{ ref('int_sessions') }}
    where true {{ and_arrived('visitor_id') }}
),

days as (
    select coalesce(sum(event_count), 0) as event_count from {{ ref('int_event_days') }}
    where true {{ and_arrived('visitor_id') }}
),

events as (
    select count(*) as event_count from {{ ref('int_events') }}
    where true {{ and_arrived('visitor_id') }}
)

select
    sessions.event_count as sessions_event_count,
    days.event_count as days_event_count,
    events.event_count
from sessions
cross join days
cross join events
where
    sessions.event_count <> days.event_count
    or sessions.event_count <> events.event_count
