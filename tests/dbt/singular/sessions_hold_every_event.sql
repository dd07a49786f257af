-- A stale session or day of an incremental run would count an event twice or not at all.
with sessions as (
    select coalesce(sum(event_count), 0) as event_count from {{ ref('int_sessions') }}
),

days as (
    select coalesce(sum(event_count), 0) as event_count from {{ ref('int_event_days') }}
),

events as (
    select count(*) as event_count from {{ ref('int_events') }}
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
