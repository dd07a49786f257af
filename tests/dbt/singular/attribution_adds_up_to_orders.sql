-- Per order and model the credits are 1 and the revenue is the order's, and the months' sums are those of the orders.
with credited as (
    select
        orders.order_id,
        attribution.attribution_model,
        sum(attribution.credit) as credit,
        sum(attribution.attributed_revenue_amount) as revenue_amount,
        max(orders.net_revenue_amount) as net_revenue_amount
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('fct_attribution') }} as attribution
        on orders.order_id = attribution.order_id
    where orders.is_valid
    group by orders.order_id, attribution.attribution_model
),

months as (
    select
        attribution_model,
        sum(conversion_credit) as credit,
        sum(attributed_revenue_amount) as revenue_amount
    from {{ ref('fct_channel_attribution') }}
    group by attribution_model
),

orders as (
    select
        count(*) as order_count,
        coalesce(sum(net_revenue_amount), 0) as net_revenue_amount
    from {{ ref('fct_orders') }}
    where is_valid
)

select concat('order ', order_id) as problem
from credited
where credit is null or credit <> 1 or revenue_amount <> net_revenue_amount
union all
select concat('model ', months.attribution_model)
from months
cross join orders
where months.credit <> orders.order_count or months.revenue_amount <> orders.net_revenue_amount
