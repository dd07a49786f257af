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

-- each event looks back within its visit, and the last one sees that it is
looked_back as (
    select
        visitor_id,
        session_date,
        ended_date,
        event_type,
        page_path,
        lag(event_type) over visit as previous_event_type,
        {{ last_value_known('page_path') }} over earlier as previous_page,
        lead(event_type) over visit is null as is_last
    from walked
    window
        visit as (partition by visitor_id, started_at order by occurred_at, event_id),
        earlier as (
            partition by visitor_id, started_at order by occurred_at, event_id
            rows between unbounded preceding and 1 preceding
        )
),

-- where the page is the one before, or none, nothing leads from page to page
steps as (
    select
        visitor_id,
        session_date,
        ended_date,
        coalesce(previous_event_type, '(start)') as from_event_type,
        event_type as to_event_type,
        case when nullif(page_path, previous_page) is not null then coalesce(previous_page, '(start)') end as from_page,
        nullif(page_path, previous_page) as to_page
    from looked_back
    union all
    select
        visitor_id,
        session_date,
        ended_date,
        event_type,
        '(end)',
        coalesce(page_path, previous_page),
        case when coalesce(page_path, previous_page) is not null then '(end)' end
    from looked_back
    where is_last
)

select
    visitor_id,
    session_date,
    ended_date,
    from_event_type,
    to_event_type,
    from_page,
    to_page,
    count(*) as step_count
from steps
group by visitor_id, session_date, ended_date, from_event_type, to_event_type, from_page, to_page
