-- Nobody who asked to be erased, and no test customer, is in the feed.
select changes.customer_id
from {{ ref('fct_state_changes') }} as changes
left join {{ ref('int_customers') }} as customers
    on changes.customer_id = customers.customer_id
where coalesce(customers.is_erasure_requested or customers.is_test, true)
