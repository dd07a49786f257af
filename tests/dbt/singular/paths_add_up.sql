-- From every event type and page the probabilities add up to 1, what comes in goes out, and every session begins once.
with bounds as (
    {{ path_bounds() }}
),

transitions as (
    select
        'event_type' as path_kind,
        from_event_type as from_state,
        to_event_type as to_state,
        transition_count,
        transition_probability
    from {{ ref('fct_event_transitions') }}
    union all
    select
        'page',
        from_page,
        to_page,
        transition_count,
        transition_probability
    from {{ ref('fct_page_transitions') }}
),

origins as (
    select
        path_kind,
        from_state as state,
        sum(transition_count) as out_count,
        sum(transition_probability) as probability
    from transitions
    group by 1, 2
),

targets as (
    select
        path_kind,
        case when to_state = '(end)' then '(start)' else to_state end as state,
        sum(transition_count) as in_count
    from transitions
    group by 1, 2
),

sessions as (
    select count(*) as session_count
    from {{ ref('fct_sessions') }} as sessions
    cross join bounds
    where
        not sessions.is_test
        and sessions.session_date >= bounds.first_date
        and {{ business_date('sessions.ended_at') }} <= bounds.last_date
)

select
    origins.path_kind,
    origins.state
from origins
left join targets
    on
        origins.path_kind = targets.path_kind
        and origins.state = targets.state
where abs(origins.probability - 1) > 1e-9 or origins.out_count is distinct from targets.in_count
union all
select
    'event_type',
    '(start)'
from sessions
where session_count <> coalesce((
    select out_count from origins
    where path_kind = 'event_type' and state = '(start)'
), 0)
