-- A number that is another one where anything about a customer's days is: by it snapshots see who is to be drawn anew.
with days as (
    select
        customer_id,
        {{ fingerprint(['activity_date', 'known_date'] + day_measure_types().keys() | list) }} as days_fingerprint
    from {{ ref('int_customer_days') }}
    group by customer_id
)

select
    customers.customer_id,
    customers.first_known_date,
    {{ row_hash(['customers.first_known_date', 'days.days_fingerprint', snapshot_form()]) }} as fingerprint
from {{ ref('int_customers') }} as customers
left join days
    on customers.customer_id = days.customer_id
where not customers.is_test
