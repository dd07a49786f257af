-- Which snapshots are not held as they should be: those that see something else than what they are made of, those that are
-- not held, and those that are to go (without a fingerprint). The sums of the others go on from the newest one before
-- that is as it should be.
with held as (
    {{ held_rows('int_snapshots', {'customer_id': 'string', 'as_of_date': 'date', 'fingerprint': 'bigint'}) }}
),

wanted as (
    select
        customers.customer_id,
        days.date_day as as_of_date,
        {{ days_between('customers.first_known_date', 'days.date_day') }} as known_days,
        {{ row_hash(['customers.first_known_date', 'seen.fingerprint', snapshot_form()]) }} as fingerprint
    from {{ ref('int_customers') }} as customers
    inner join {{ ref('int_days') }} as days
        on customers.first_known_date <= days.date_day
    left join {{ ref('int_snapshots__fingerprints') }} as seen
        on
            customers.customer_id = seen.customer_id
            and days.date_day = seen.as_of_date
    where days.is_as_of_date and not customers.is_test
),

compared as (
    select
        coalesce(wanted.customer_id, held.customer_id) as customer_id,
        coalesce(wanted.as_of_date, held.as_of_date) as as_of_date,
        wanted.known_days,
        wanted.fingerprint,
        wanted.fingerprint is not distinct from held.fingerprint as is_as_wanted
    from wanted
    full outer join held
        on
            wanted.customer_id = held.customer_id
            and wanted.as_of_date = held.as_of_date
),

-- mostly, few customers have one that is due
with_openings as (
    select
        *,
        max(case when is_as_wanted then as_of_date end) over (
            partition by customer_id
            order by as_of_date
            rows between unbounded preceding and 1 preceding
        ) as opening_date
    from compared
    where customer_id in (select due.customer_id from compared as due where not due.is_as_wanted)
)

select
    customer_id,
    as_of_date,
    known_days,
    fingerprint,
    opening_date
from with_openings
where not is_as_wanted
