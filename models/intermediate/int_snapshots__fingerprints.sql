-- All that an as-of date sees of a customer, as a number: the days that are past and known by then, and which of these
-- are undone later.
with entries as (
    select
        customer_id,
        greatest(activity_date, known_date) as seen_date,
        {{ row_hash(["'day'", 'activity_date', 'known_date'] + day_measure_types().keys() | list) }} as entry_hash
    from {{ ref('int_customer_days') }}
    where {{ is_of_changed_customer('int_customers__changes') }}
    union all
    select
        customer_id,
        greatest(activity_date, known_from_date),
        {{ row_hash(["'undone'", 'day_kind', 'activity_date', 'known_from_date', 'known_to_date']) }}
    from {{ ref('int_customer_day_spans') }}
    where known_to_date is not null and {{ is_of_changed_customer('int_customers__changes') }}
),

-- each entry is seen first by one date
first_seen as (
    select
        entries.customer_id,
        days.next_as_of_date as as_of_date,
        bit_xor(entries.entry_hash) as fingerprint
    from entries
    inner join {{ ref('int_days') }} as days
        on entries.seen_date = days.date_day
    where days.next_as_of_date is not null
    group by entries.customer_id, days.next_as_of_date
),

customers as (
    select
        customer_id,
        min(as_of_date) as first_date
    from first_seen
    group by customer_id
)

select
    customers.customer_id,
    days.date_day as as_of_date,
    bit_xor(first_seen.fingerprint) over (
        partition by customers.customer_id
        order by days.date_day
        rows between unbounded preceding and current row
    ) as fingerprint
from customers
inner join {{ ref('int_days') }} as days
    on customers.first_date <= days.date_day
left join first_seen
    on
        customers.customer_id = first_seen.customer_id
        and days.date_day = first_seen.as_of_date
where days.is_as_of_date
