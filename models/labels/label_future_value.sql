with snapshots as (
    select
        features.customer_id,
        features.as_of_date,
        horizon.horizon_days,
        {{ add_days('features.as_of_date', 'horizon.horizon_days') }} <= watermark.watermark_date as is_matured
    from {{ ref('feat_customer__rfm') }} as features
    cross join {{ ref('int_churn_horizon') }} as horizon
    cross join {{ ref('int_watermark') }} as watermark
),

future as (
    select
        customer_days.customer_id,
        days.date_day as as_of_date,
        sum(customer_days.gross_amount - customer_days.discount_amount - customer_days.refund_amount)
            as net_revenue_amount,
        sum(customer_days.margin_amount) as margin_amount
    from {{ ref('int_customer_days__dealings') }} as customer_days
    cross join {{ ref('int_churn_horizon') }} as horizon
    inner join {{ ref('int_days') }} as days
        on
            days.date_day < customer_days.activity_date
            and days.date_day >= {{ add_days('customer_days.activity_date', '-horizon.horizon_days') }}
    where
        days.is_as_of_date
        and (
            customer_days.gross_amount <> 0
            or customer_days.discount_amount <> 0
            or customer_days.refund_amount <> 0
            or customer_days.margin_amount <> 0
        )
    group by customer_days.customer_id, days.date_day
)

select
    snapshots.customer_id,
    snapshots.as_of_date,
    snapshots.horizon_days,
    cast(case when snapshots.is_matured then coalesce(future.net_revenue_amount, 0) end as decimal(18, 4))
        as future_net_revenue_amount,
    cast(case when snapshots.is_matured then coalesce(future.margin_amount, 0) end as decimal(18, 4))
        as future_margin_amount
from snapshots
left join future
    on
        snapshots.customer_id = future.customer_id
        and snapshots.as_of_date = future.as_of_date
