-- Every session but robots', with whose it is. Whether that is a test customer's is said here once: what counts visits
-- leaves these out. A view: who a device belongs to may become known later, and then says so at no cost.
with owned as (
    select
        sessions.*,
        case
            when sessions.is_identified then sessions.identified_customer_id
            when visitors.customer_count = 1 then visitors.customer_id
        end as customer_id
    from {{ ref('int_sessions') }} as sessions
    left join {{ ref('int_visitors') }} as visitors
        on sessions.visitor_id = visitors.visitor_id
    where not sessions.is_robot
)

select
    owned.*,
    coalesce(customers.is_test, false) as is_test
from owned
left join {{ ref('int_customers') }} as customers
    on owned.customer_id = customers.customer_id
