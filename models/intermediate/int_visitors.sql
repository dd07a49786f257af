-- An event with no customer may be counted for the first customer who identified on its device, from the day that
-- became known until the day a second customer on the same device became known.
with identifications as (
    select
        visitor_id,
        customer_id,
        min(known_date) as identified_date
    from {{ ref('int_event_days') }}
    where customer_id is not null and {{ is_of_touched_visitor('int_visitors', 'visitor_id') }}
    group by visitor_id, customer_id
),

numbered as (
    select
        *,
        row_number() over arrivals as arrival_number,
        lead(identified_date) over arrivals as shared_from_date,
        count(*) over (partition by visitor_id) as customer_count
    from identifications
    window arrivals as (partition by visitor_id order by identified_date, customer_id)
)

select
    visitor_id,
    customer_id,
    identified_date,
    shared_from_date,
    customer_count
from numbered
where arrival_number = 1
