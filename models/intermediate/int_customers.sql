-- Everyone a fact names, whether or not the customers table has them, from the day that was first known.
with mentions as (
    select
        customer_id,
        {{ business_date('known_at') }} as known_date
    from {{ ref('base_customers') }}
    where row_status <> 'quarantined'
    union all
    select
        customer_id,
        {{ business_date('known_at') }}
    from {{ ref('base_orders') }}
    where row_status <> 'quarantined' and customer_id is not null
    union all
    select
        customer_id,
        known_date
    from {{ ref('int_customer_days') }}
    union all
    select
        customer_id,
        {{ business_date('known_at') }}
    from {{ ref('base_subscriptions') }}
    where row_status <> 'quarantined'
),

first_mentions as (
    select
        customer_id,
        min(known_date) as first_known_date
    from mentions
    group by customer_id
)

select
    first_mentions.customer_id,
    first_mentions.first_known_date,
    coalesce(customers.is_test, false) as is_test,
    erasure_requests.customer_id is not null as is_erasure_requested,
    customers.created_at,
    customers.email,
    customers.phone,
    customers.full_name,
    customers.country,
    customers.city,
    customers.birth_date,
    customers.acquisition_channel,
    customers.referred_by_customer_id,
    customers.email_consent,
    customers.sms_consent
from first_mentions
left join {{ ref('stg_customers') }} as customers
    on first_mentions.customer_id = customers.customer_id
left join {{ ref('stg_erasure_requests') }} as erasure_requests
    on first_mentions.customer_id = erasure_requests.customer_id
