-- What the touches so far have together is rounded, and each touch takes the difference: shares add up to exactly 1,
-- the revenue to the last digit, and none is negative.
with paths as (
    select
        orders.order_id,
        orders.customer_id,
        orders.ordered_at,
        orders.ordered_date,
        orders.net_revenue_amount,
        coalesce(touches.touch_kind, '(none)') as touch_kind,
        coalesce(touches.touch_id, '(none)') as touch_id,
        touches.touched_at,
        coalesce(touches.channel, '(none)') as channel,
        touches.campaign_id,
        cast(row_number() over path as bigint) as touch_number,
        count(*) over (partition by orders.order_id) as touch_count,
        count(case when touches.channel <> 'direct' then 1 end) over (partition by orders.order_id) as named_count,
        count(case when touches.channel <> 'direct' then 1 end) over (
            partition by orders.order_id
            order by touches.touched_at, touches.touch_kind, touches.touch_id
            rows between current row and unbounded following
        ) as named_count_from_here,
        max(touches.touched_at) over (partition by orders.order_id) as last_touched_at
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('fct_touches') }} as touches
        on
            orders.customer_id = touches.customer_id
            and orders.ordered_at >= touches.touched_at
            and orders.ordered_at < touches.touched_at + {{ days(var('attribution_days')) }}
    where orders.is_valid and {{ is_of_changed_customer('int_touches__changes', 'orders.customer_id') }}
    window path as (partition by orders.order_id order by touches.touched_at, touches.touch_kind, touches.touch_id)
),

weighted as (
    select
        *,
        {{ decayed_weight() }} as weight
    from paths
),

summed as (
    select
        *,
        sum(weight) over so_far as weight_so_far,
        sum(weight) over (partition by order_id) as weight_of_all
    from weighted
    window so_far as (
        partition by order_id
        order by touch_number
        rows between unbounded preceding and current row
    )
),

shares as (
    select
        *,
        {{ shares_of_first_touches() }}
    from summed
)

select
    order_id,
    touch_kind,
    touch_id,
    customer_id,
    ordered_at,
    ordered_date,
    touched_at,
    touch_number,
    touch_count,
    channel,
    campaign_id,
    {{ credits_by_model() }}
from shares
