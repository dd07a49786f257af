-- A number that is another one where anything about a customer's days is: by it snapshots see who is to be drawn anew.
select
    customers.customer_id,
    customers.first_known_date,
    {{ row_hash(['customers.first_known_date', 'changes.fingerprint', snapshot_form()]) }} as fingerprint
from {{ ref('int_customers') }} as customers
left join {{ ref('int_customers__changes') }} as changes
    on customers.customer_id = changes.customer_id
where not customers.is_test
