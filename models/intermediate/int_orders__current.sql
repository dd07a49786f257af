-- Each order as it stands now.
with current_states as (
    select * from {{ ref('int_orders__valued') }}
    where superseded_date is null
),

refunds_so_far as (
    select
        order_id,
        {{ business_date('refunded_at') }} as refunded_date,
        sum(amount) over (
            partition by order_id
            order by refunded_at, refund_id
            rows between unbounded preceding and current row
        ) as refunded_so_far
    from {{ ref('stg_refunds') }}
),

full_refunds as (
    select
        current_states.order_id,
        min(refunds_so_far.refunded_date) as fully_refunded_date
    from current_states
    inner join refunds_so_far
        on current_states.order_id = refunds_so_far.order_id
    where
        cast(refunds_so_far.refunded_so_far * current_states.rate as decimal(18, 4))
        >= current_states.gross_amount - current_states.discount_amount
    group by current_states.order_id
)

select
    current_states.*,
    full_refunds.fully_refunded_date
from current_states
left join full_refunds
    on current_states.order_id = full_refunds.order_id
