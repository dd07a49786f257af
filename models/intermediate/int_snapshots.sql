-- The spine of features and labels: who was known on which as-of date.
select
    customers.customer_id,
    days.date_day as as_of_date,
    {{ days_between('customers.first_known_date', 'days.date_day') }} as known_days
from {{ ref('int_customers') }} as customers
inner join {{ ref('int_days') }} as days
    on customers.first_known_date <= days.date_day
where days.is_as_of_date and not customers.is_test
