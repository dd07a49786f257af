-- The visitors of the arrived events, and from when their sessions are drawn anew: from the start of the first session
-- that an arrival may join. What ended more than a gap before it stays.
with arrivals as (
    select
        visitor_id,
        min(occurred_at) - {{ minutes(var('session_gap_minutes')) }} as touched_from
    from {{ ref('int_events__arrived') }}
    group by visitor_id
),

held as (
    {{ held_rows('int_sessions', {'visitor_id': 'string', 'started_at': 'timestamp', 'ended_at': 'timestamp'}) }}
)

select
    arrivals.visitor_id,
    arrivals.touched_from,
    least(arrivals.touched_from, min(held.started_at)) as drawn_from
from arrivals
left join held
    on
        arrivals.visitor_id = held.visitor_id
        and arrivals.touched_from <= held.ended_at
group by arrivals.visitor_id, arrivals.touched_from
