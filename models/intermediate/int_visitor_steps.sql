-- What followed what within each visitor's sessions of the last var('path_days') days: event types as they came, and
-- pages without repeats. This is the one pass over events that marts cause besides sessions, and it is bounded.
with sessions as (
    select
        visits.visitor_id,
        visits.started_at,
        visits.ended_at,
        visits.session_date,
        {{ business_date('visits.ended_at') }} as ended_date
    from {{ drawn_anew('int_visitor_steps', ref('int_visits'), 'session_date >= touched.visits_from_date') }} as visits
    inner join {{ ref('int_visit_settings') }} as settings
        on visits.session_date >= settings.first_date
    where not visits.is_test
),

walked as (
    select
        sessions.visitor_id,
        sessions.session_date,
        sessions.ended_date,
        sessions.started_at,
        events.occurred_at,
        events.event_id,
        events.event_type,
        events.page_path
    from {{ ref('int_events') }} as events
    inner join sessions
        on
            events.visitor_id = sessions.visitor_id
            and events.occurred_at between sessions.started_at and sessions.ended_at
    where events.occurred_at >= (select min(drawn.started_at) from sessions as drawn)
),

states as (
    select
        visitor_id,
        session_date,
        ended_date,
        started_at,
        occurred_at,
        event_id,
        'event_type' as path_kind,
        event_type as state,
        cast(null as {{ dbt.type_string() }}) as repeated_state
    from walked
    union all
    select
        visitor_id,
        session_date,
        ended_date,
        started_at,
        occurred_at,
        event_id,
        'page',
        page_path,
        lag(page_path) over (partition by visitor_id, started_at order by occurred_at, event_id)
    from walked
    where page_path is not null
),

neighbours as (
    select
        visitor_id,
        session_date,
        ended_date,
        path_kind,
        state,
        lag(state) over steps as previous_state,
        lead(state) over steps as next_state
    from states
    where state is distinct from repeated_state
    window steps as (partition by path_kind, visitor_id, started_at order by occurred_at, event_id)
),

steps as (
    select
        visitor_id,
        session_date,
        ended_date,
        path_kind,
        state as from_state,
        coalesce(next_state, '(end)') as to_state
    from neighbours
    union all
    select
        visitor_id,
        session_date,
        ended_date,
        path_kind,
        '(start)',
        state
    from neighbours
    where previous_state is null
)

select
    visitor_id,
    session_date,
    ended_date,
    path_kind,
    from_state,
    to_state,
    count(*) as step_count
from steps
group by visitor_id, session_date, ended_date, path_kind, from_state, to_state
