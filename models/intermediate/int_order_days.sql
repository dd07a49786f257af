-- What orders and refunds add to a customer's day, and what a later correction takes away again.
with states as (
    select * from {{ ref('int_orders__valued') }}
    where customer_id is not null and not is_test
),

entries as (
    select
        states.*,
        seen_date as known_date,
        1 as sign
    from states
    union all
    select
        states.*,
        superseded_date as known_date,
        -1 as sign
    from states
    where superseded_date is not null
),

sales as (
    select
        customer_id,
        ordered_date as activity_date,
        known_date,
        sign * case when is_valid then 1 else 0 end as order_count,
        sign * gross_amount as gross_amount,
        sign * discount_amount as discount_amount,
        sign * (gross_amount - discount_amount - cost_amount) as margin_amount
    from entries
    where is_sale
),

refund_versions as (
    select
        order_id,
        amount,
        {{ business_date('refunded_at') }} as activity_date,
        {{ business_date('known_at') }} as known_date,
        {{ business_date('superseded_at') }} as superseded_date
    from {{ ref('base_refunds') }}
    where row_status <> 'quarantined'
),

-- a refund counts while both it and the sale it belongs to are held to be true
refund_spans as (
    select
        states.customer_id,
        refund_versions.activity_date,
        greatest(refund_versions.known_date, states.seen_date) as known_date,
        nullif(least(
            coalesce(refund_versions.superseded_date, date '9999-12-31'),
            coalesce(states.superseded_date, date '9999-12-31')
        ), date '9999-12-31') as superseded_date,
        cast(refund_versions.amount * states.rate as decimal(18, 4)) as refund_amount,
        states.is_cost_known
    from refund_versions
    inner join states
        on refund_versions.order_id = states.order_id
    where states.is_sale or states.status = 'credit_note'
),

refunds as (
    select
        customer_id,
        activity_date,
        known_date,
        refund_amount,
        is_cost_known
    from refund_spans
    where superseded_date is null or known_date < superseded_date
    union all
    select
        customer_id,
        activity_date,
        superseded_date,
        -refund_amount,
        is_cost_known
    from refund_spans
    where known_date < superseded_date
),

sales_and_refunds as (
    select
        customer_id,
        activity_date,
        known_date,
        order_count,
        gross_amount,
        discount_amount,
        0 as refund_amount,
        margin_amount
    from sales
    union all
    select
        customer_id,
        activity_date,
        known_date,
        0,
        0,
        0,
        refund_amount,
        -{{ refunded_margin('refund_amount', 'is_cost_known') }}
    from refunds
)

select
    customer_id,
    activity_date,
    known_date,
    {{ day_totals(order_day_measures()) }}
from sales_and_refunds
group by customer_id, activity_date, known_date
