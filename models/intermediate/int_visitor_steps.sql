-- What followed what within each visitor's sessions of the last var('path_days') days: event types as they came, and
-- pages without repeats. This is the one pass over events that marts cause besides sessions, and it is bounded.
with sessions as (
    select
        sessions.visitor_id,
        sessions.started_at,
        sessions.session_date,
        {{ business_date('sessions.ended_at') }} as ended_date
    from {{ drawn_anew('int_visitor_steps', ref('int_visits'), 'session_date >= touched.visits_from_date') }} as sessions
    inner join {{ ref('int_visit_settings') }} as settings
        on sessions.session_date >= settings.first_date
    where not sessions.is_test
),

events as (
    select
        visitor_id,
        occurred_at,
        event_id,
        event_type,
        page_path,
        coalesce(
            occurred_at > lag(occurred_at) over visits + {{ minutes(var('session_gap_minutes')) }}, true
        ) as is_first
    from {{ drawn_anew(
        'int_visitor_steps', ref('int_events'), 'occurred_at >= ' ~ add_days('touched.visits_from_date', -1)
    ) }} as events
    where
        occurred_at >= (select min(sessions.started_at) from sessions)
        {{ and_not_before('int_visitor_steps', 'occurred_at', ref('int_visit_settings'), add_days('first_date', -1)) }}
    window visits as (partition by visitor_id order by occurred_at, event_id)
),

begun as (
    select
        *,
        max(case when is_first then occurred_at end) over (
            partition by visitor_id order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as started_at
    from events
),

-- the events of a session that the bound cuts belong to no session that begins where they seem to
walked as (
    select
        begun.*,
        sessions.session_date,
        sessions.ended_date
    from begun
    inner join sessions
        on
            begun.visitor_id = sessions.visitor_id
            and begun.started_at = sessions.started_at
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
