-- What funnels and paths depend on besides visits: who is a test customer, and the first day whose steps are held. It is
-- var('path_days') before the newest day that events alone would make today, so no later than what paths are made of.
with test_customers as (
    select coalesce({{ fingerprint(['customer_id']) }}, 0) as left_out
    from {{ ref('int_customers') }}
    where is_test
)

select
    {{ add_days(today('max(days.activity_date)'), 1 - var('path_days')) }} as first_date,
    max(test_customers.left_out) as left_out
from {{ ref('int_event_days') }} as days
cross join test_customers
having max(days.activity_date) is not null
