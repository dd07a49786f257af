-- Each order as it stands now. What is given back is converted refund by refund, as in customers' days.
with current_states as (
    select * from {{ ref('int_orders__valued') }}
    where superseded_date is null
),

refunds as (
    select
        current_states.order_id,
        current_states.own_value,
        current_states.is_cost_known,
        {{ business_date('refunds.refunded_at') }} as refunded_date,
        cast(refunds.amount * current_states.rate as decimal(18, 4)) as refund_amount,
        sum(refunds.amount) over (
            partition by refunds.order_id
            order by refunds.refunded_at, refunds.refund_id
            rows between unbounded preceding and current row
        ) as refunded_so_far
    from {{ ref('stg_refunds') }} as refunds
    inner join current_states
        on refunds.order_id = current_states.order_id
),

refund_totals as (
    select
        order_id,
        cast(sum(refund_amount) as decimal(18, 4)) as refund_amount,
        cast(sum({{ refunded_margin('refund_amount', 'is_cost_known') }}) as decimal(18, 4)) as refunded_margin_amount,
        min(case when refunded_so_far >= own_value then refunded_date end) as fully_refunded_date
    from refunds
    group by order_id
)

select
    current_states.*,
    cast(coalesce(refund_totals.refund_amount, 0) as decimal(18, 4)) as refund_amount,
    cast(coalesce(refund_totals.refunded_margin_amount, 0) as decimal(18, 4)) as refunded_margin_amount,
    refund_totals.fully_refunded_date
from current_states
left join refund_totals
    on current_states.order_id = refund_totals.order_id
