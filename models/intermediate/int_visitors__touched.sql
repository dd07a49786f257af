-- The visitors of the arrived events, and from when on what is theirs is drawn anew. Sessions: from the start of the first
-- one that an arrival may join; what ended more than a gap before it stays. Visits: from that day on, but all of them where
-- it may have changed whether they are a test customer's. Attempts: as far back as a visit looks ahead.
with test_customers as (
    select customer_id from {{ ref('stg_customers') }}
    where is_test
),

-- whoever was, or is now, identified as a test customer
of_test_customers as (
    select visitor_id from {{ ref('int_event_days') }}
    where customer_id in (select test_customers.customer_id from test_customers)
    union
    select visitor_id from {{ ref('int_events__arrived') }}
    where customer_id in (select test_customers.customer_id from test_customers)
),

arrivals as (
    select
        arrived.visitor_id,
        min(arrived.occurred_at) - {{ minutes(var('session_gap_minutes')) }} as touched_from,
        count(arrived.customer_id) > 0 and count(of_test_customers.visitor_id) > 0 as is_whole
    from {{ ref('int_events__arrived') }} as arrived
    left join of_test_customers
        on arrived.visitor_id = of_test_customers.visitor_id
    group by arrived.visitor_id
),

held as (
    {{ held_rows('int_sessions', {'visitor_id': 'string', 'started_at': 'timestamp', 'ended_at': 'timestamp'}) }}
),

touched as (
    select
        arrivals.visitor_id,
        arrivals.touched_from,
        arrivals.is_whole,
        least(arrivals.touched_from, min(held.started_at)) as drawn_from
    from arrivals
    left join held
        on
            arrivals.visitor_id = held.visitor_id
            and arrivals.touched_from <= held.ended_at
    group by arrivals.visitor_id, arrivals.touched_from, arrivals.is_whole
),

dated as (
    select
        visitor_id,
        touched_from,
        drawn_from,
        case when is_whole then cast('1900-01-01' as date) else {{ business_date('drawn_from') }} end as visits_from_date
    from touched
)

select
    visitor_id,
    touched_from,
    drawn_from,
    visits_from_date,
    -- a day more than the window, for a day may have an hour less
    {{ add_days('visits_from_date', -1 - var('funnel_window_days')) }} as attempts_from_date
from dated
