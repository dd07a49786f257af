-- A stale session of an incremental run would count an event twice or not at all.
with sessions as (
    select coalesce(sum(event_count), 0) as event_count from {{ ref('int_sessions') }}
),

events as (
    select
        count(*) as event_count,
        count(distinct event_id) as event_id_count
    from {{ ref('int_events__sessionized') }}
),

staged as (
    select count(distinct event_id) as event_id_count from {{ ref('stg_events') }}
)

select
    sessions.event_count as sessions_event_count,
    events.event_count,
    staged.event_id_count
from sessions
cross join events
cross join staged
where
    sessions.event_count <> events.event_count
    or events.event_count <> events.event_id_count
    or events.event_count <> staged.event_id_count
