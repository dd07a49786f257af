-- Contracts as whole days: the first is that of the start, the last the one before that of the end. A contract that
-- begins and ends within a day is in force at the end of no day.
with contracts as (
    select
        subscriptions.subscription_id,
        subscriptions.customer_id,
        {{ business_date('subscriptions.started_at') }} as first_date,
        {{ add_days(business_date('subscriptions.ended_at'), -1) }} as last_date
    from {{ ref('stg_subscriptions') }} as subscriptions
    left join {{ ref('int_customers') }} as customers
        on subscriptions.customer_id = customers.customer_id
    where not coalesce(customers.is_test, false)
)

select
    contracts.subscription_id,
    contracts.customer_id,
    contracts.first_date,
    coalesce(contracts.last_date, date '9999-12-30') as last_date
from contracts
cross join {{ ref('int_watermark') }} as watermark
where
    contracts.first_date <= watermark.watermark_date
    and (contracts.last_date is null or contracts.first_date <= contracts.last_date)
