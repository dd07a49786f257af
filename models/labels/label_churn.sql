with snapshots as (
    select
        features.customer_id,
        features.as_of_date,
        horizon.horizon_days,
        coalesce(features.recency_days < {{ var('eligible_days') }}, false) as is_eligible,
        {{ add_days('features.as_of_date', 'horizon.horizon_days') }} <= watermark.watermark_date as is_matured
    from {{ ref('feat_customer__rfm') }} as features
    cross join {{ ref('int_churn_horizon') }} as horizon
    cross join {{ ref('int_watermark') }} as watermark
),

-- an order counts from its day until it is refunded in full: at the end of the horizon it must still stand
returns as (
    select
        orders.customer_id,
        days.date_day as as_of_date,
        count(distinct orders.ordered_date) as day_count
    from {{ ref('int_orders__current') }} as orders
    cross join {{ ref('int_churn_horizon') }} as horizon
    inner join {{ ref('int_days') }} as days
        on
            days.date_day < orders.ordered_date
            and days.date_day >= {{ add_days('orders.ordered_date', '-horizon.horizon_days') }}
    where
        days.is_as_of_date
        and orders.is_sale
        and (
            orders.fully_refunded_date is null
            or orders.fully_refunded_date > {{ add_days('days.date_day', 'horizon.horizon_days') }}
        )
    group by orders.customer_id, days.date_day
)

select
    snapshots.customer_id,
    snapshots.as_of_date,
    snapshots.horizon_days,
    snapshots.is_eligible,
    cast(
        case
            when snapshots.is_eligible and snapshots.is_matured
                then case when returns.customer_id is null then 1 else 0 end
        end as bigint
    ) as is_churned,
    cast(
        case when snapshots.is_eligible and snapshots.is_matured then coalesce(returns.day_count, 0) end as bigint
    ) as return_day_count
from snapshots
left join returns
    on
        snapshots.customer_id = returns.customer_id
        and snapshots.as_of_date = returns.as_of_date
