-- Shares are rounded as a running total, each touch taking the difference: they add up to exactly 1, and the revenue to
-- the last digit, and none is negative.
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
        max(touches.touched_at) over (partition by orders.order_id) as last_touched_at
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('fct_touches') }} as touches
        on
            orders.customer_id = touches.customer_id
            and orders.ordered_at >= touches.touched_at
            and orders.ordered_at < touches.touched_at + {{ days(var('attribution_days')) }}
    where orders.is_valid
    window path as (partition by orders.order_id order by touches.touched_at, touches.touch_kind, touches.touch_id)
),

numbered as (
    select
        *,
        coalesce(
            max(case when channel <> 'direct' then touch_number end) over (partition by order_id), touch_count
        ) as last_named_number
    from paths
),

models as (
    {{ listed_words(attribution_models(), 'attribution_model') }}
),

weighted as (
    select
        *,
        {{ touch_weight() }} as weight
    from numbered
    cross join models
),

running as (
    select
        *,
        {{ as_rate(share('sum(weight) over so_far', 'sum(weight) over whole')) }} as running_share
    from weighted
    window
        whole as (partition by order_id, attribution_model),
        so_far as (
            partition by order_id, attribution_model
            order by touch_number
            rows between unbounded preceding and current row
        )
),

amounts as (
    select
        *,
        cast(running_share * net_revenue_amount as decimal(18, 4)) as running_amount
    from running
)

select
    order_id,
    touch_kind,
    touch_id,
    attribution_model,
    customer_id,
    ordered_at,
    ordered_date,
    touched_at,
    touch_number,
    touch_count,
    channel,
    campaign_id,
    cast(running_share - coalesce(lag(running_share) over path, 0) as decimal(18, 8)) as credit,
    cast(running_amount - coalesce(lag(running_amount) over path, 0) as decimal(18, 4)) as attributed_revenue_amount
from amounts
window path as (partition by order_id, attribution_model order by touch_number)
