-- An event with no customer may be counted for the first customer who identified on its device, from the day that
-- became known until the day a second customer on the same device became known.
with identifications as (
    select
        visitor_id,
        customer_id,
        min(known_date) as identified_date
    from {{ ref('int_events__sessionized') }}
    where customer_id is not null
    group by visitor_id, customer_id
),

numbered as (
    select
        *,
        row_number() over arrivals as arrival_number,
        lead(identified_date) over arrivals as shared_from_date
    from identifications
    window arrivals as (partition by visitor_id order by identified_date, customer_id)
),

customers as (
    select
        visitor_id,
        count(*) as customer_count
    from identifications
    group by visitor_id
)

select
    numbered.visitor_id,
    numbered.customer_id,
    numbered.identified_date,
    numbered.shared_from_date,
    customers.customer_count
from numbered
inner join customers
    on numbered.visitor_id = customers.visitor_id
where numbered.arrival_number = 1
