-- Who is likely to leave and worth keeping: ranked by the revenue at stake, that is the probability of churn times
-- the net revenue of the last 365 days. Nobody who asked to be erased, and nobody who declined every channel.
with reachable as (
    select
        customers.*,
        rfm.monetary_amount,
        contacts.kept_value_amount,
        contacts.expected_profit_amount,
        contacts.is_worth_contacting,
        people.can_email,
        people.can_sms
    from {{ ref('dim_customers') }} as customers
    inner join {{ ref('fct_customer_rfm') }} as rfm
        on
            customers.customer_id = rfm.customer_id
            and customers.scored_as_of_date = rfm.as_of_date
    inner join {{ ref('int_customers__reachable') }} as people
        on customers.customer_id = people.customer_id
    left join {{ ref('fct_contact_profit') }} as contacts
        on customers.customer_id = contacts.customer_id
    where
        customers.is_scored
        and customers.risk_band in ('medium', 'high')
        and not people.is_left_alone
        and not (
            coalesce(not customers.email_consent, false)
            and coalesce(not customers.sms_consent, false)
        )
),

ranked as (
    select
        *,
        {{ as_amount("churn_probability * cast(monetary_amount as double)", 2) }} as revenue_at_stake_amount
    from reachable
    where monetary_amount > 0
),

numbered as (
    select
        *,
        cast(row_number() over (order by revenue_at_stake_amount desc, customer_id asc) as bigint) as watch_rank
    from ranked
)

select
    watch_rank,
    customer_id,
    full_name,
    email,
    phone,
    country,
    can_email,
    can_sms,
    scored_as_of_date,
    churn_probability,
    risk_band,
    reason_1,
    reason_2,
    reason_3,
    lifecycle_state,
    rfm_segment,
    last_purchase_date,
    monetary_amount,
    revenue_at_stake_amount,
    kept_value_amount,
    expected_profit_amount,
    is_worth_contacting
from numbered
where watch_rank <= {{ var('watchlist_size') }}
