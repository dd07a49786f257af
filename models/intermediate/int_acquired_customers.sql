-- Customers by how they were acquired: the month of the first purchase day that counts, and the channel.
select
    purchases.customer_id,
    cast({{ dbt.date_trunc('month', 'purchases.purchase_date') }} as date) as cohort_month,
    coalesce(lower(customers.acquisition_channel), '(unknown)') as channel
from {{ ref('int_purchase_days') }} as purchases
inner join {{ ref('int_customers') }} as customers
    on purchases.customer_id = customers.customer_id
where purchases.purchase_number = 1
