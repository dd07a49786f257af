with firsts as (
    select
        cohort_basis,
        customer_id,
        min(activity_date) as cohort_date
    from {{ ref('int_retention_days') }}
    group by cohort_basis, customer_id
)

select
    firsts.cohort_basis,
    firsts.customer_id,
    firsts.cohort_date,
    coalesce(customers.acquisition_channel, '(unknown)') as acquisition_channel,
    coalesce(customers.country, '(unknown)') as country
from firsts
left join {{ ref('int_customers') }} as customers
    on firsts.customer_id = customers.customer_id
