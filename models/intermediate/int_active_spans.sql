-- Runs of days on which a customer is active: by activity from a purchase until H days after it, by contract while one
-- is in force. Stretches that touch are one run; so are contracts of which the next begins within the grace period.
with stretches as (
    select
        'activity' as churn_basis,
        purchases.customer_id,
        purchases.purchase_date as first_date,
        {{ add_days('purchases.purchase_date', 'horizon.horizon_days') }} as last_date,
        cast(0 as bigint) as grace_days,
        cast(purchases.purchase_date as {{ dbt.type_string() }}) as stretch_id
    from {{ ref('int_purchase_days') }} as purchases
    cross join {{ ref('int_churn_horizon') }} as horizon
    union all
    select
        'contract' as churn_basis,
        customer_id,
        first_date,
        last_date,
        cast({{ var('subscription_grace_days') }} as bigint) as grace_days,
        subscription_id as stretch_id
    from {{ ref('int_contract_days') }}
),

followed as (
    select
        *,
        max(last_date) over (
            partition by churn_basis, customer_id
            order by first_date, stretch_id
            rows between unbounded preceding and 1 preceding
        ) as last_date_before
    from stretches
),

numbered as (
    select
        *,
        sum(case when {{ days_between('last_date_before', 'first_date') }} <= grace_days + 1 then 0 else 1 end) over (
            partition by churn_basis, customer_id
            order by first_date, stretch_id
            rows between unbounded preceding and current row
        ) as span_number
    from followed
)

select
    churn_basis,
    customer_id,
    min(first_date) as active_from_date,
    max(last_date) as active_to_date
from numbered
group by churn_basis, customer_id, span_number
