-- The one fact that everything downstream reads. The sum over known_date <= D is the day as it was known on D:
-- a correction is an entry of its own, of opposite sign, under the day it became known.
with entries as (
    select
        customer_id,
        activity_date,
        known_date,
        {{ day_measures(order_day_measures()) }}
    from {{ ref('int_order_days') }}
    where {{ is_of_changed_customer('int_customers__changes') }}
    union all
    select
        customer_id,
        activity_date,
        known_date,
        {{ day_measures(visit_day_measures()) }}
    from {{ ref('int_visit_days') }}
    where {{ is_of_changed_customer('int_customers__changes') }}
    union all
    select
        customer_id,
        activity_date,
        known_date,
        {{ day_measures(contact_day_measures()) }}
    from {{ ref('int_contact_days') }}
    where {{ is_of_changed_customer('int_customers__changes') }}
)

select
    customer_id,
    activity_date,
    known_date,
    {{ day_totals() }}
from entries
group by customer_id, activity_date, known_date
