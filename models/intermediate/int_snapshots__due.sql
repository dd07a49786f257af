-- Which snapshots are not held as they should be: those of customers whose days have changed, those of dates that are new,
-- and those that are to go (without a fingerprint). Where a customer's days are those of what is held, a new date's sums
-- go on from the newest held date before it.
with held as (
    {{ held_rows('int_snapshots', {'customer_id': 'string', 'as_of_date': 'date', 'fingerprint': 'bigint'}) }}
),

dates as (
    select date_day as as_of_date from {{ ref('int_days') }}
    where is_as_of_date
),

wanted as (
    select
        customers.customer_id,
        dates.as_of_date,
        {{ days_between('customers.first_known_date', 'dates.as_of_date') }} as known_days,
        customers.fingerprint
    from {{ ref('int_customers__fingerprints') }} as customers
    inner join dates
        on customers.first_known_date <= dates.as_of_date
),

unchanged as (
    select distinct held.customer_id
    from held
    inner join {{ ref('int_customers__fingerprints') }} as customers
        on
            held.customer_id = customers.customer_id
            and held.fingerprint = customers.fingerprint
),

held_dates as (
    select distinct held.as_of_date
    from held
    inner join dates
        on held.as_of_date = dates.as_of_date
),

openings as (
    select
        dates.as_of_date,
        max(held_dates.as_of_date) as opening_date
    from dates
    inner join held_dates
        on dates.as_of_date > held_dates.as_of_date
    group by dates.as_of_date
)

select
    coalesce(wanted.customer_id, held.customer_id) as customer_id,
    coalesce(wanted.as_of_date, held.as_of_date) as as_of_date,
    wanted.known_days,
    wanted.fingerprint,
    case when unchanged.customer_id is not null then openings.opening_date end as opening_date
from wanted
full outer join held
    on
        wanted.customer_id = held.customer_id
        and wanted.as_of_date = held.as_of_date
left join unchanged
    on wanted.customer_id = unchanged.customer_id
left join openings
    on wanted.as_of_date = openings.as_of_date
where wanted.fingerprint is distinct from held.fingerprint
