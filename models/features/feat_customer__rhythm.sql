with gaps as (
    select
        *,
        {{ days_between('last_purchase_date', 'as_of_date') }} as recency_days,
        case
            when purchase_day_count >= 2
                then
                    {{ days_between('first_purchase_date', 'last_purchase_date') }}
                    / cast(purchase_day_count - 1 as double)
        end as typical_gap_days
    from {{ ref('int_snapshots__days') }}
)

select
    gaps.customer_id,
    gaps.as_of_date,
    gaps.typical_gap_days,
    gaps.recency_days / gaps.typical_gap_days as gap_ratio,
    gaps.purchase_days_30d,
    gaps.purchase_days_90d,
    totals.order_count_365d,
    totals.net_revenue_90d_amount,
    {{ as_amount(share('totals.net_revenue_365d_amount', 'totals.order_count_365d')) }} as average_order_amount,
    {{ share('totals.discount_365d_amount', 'totals.gross_365d_amount') }} as discount_rate_365d,
    {{ share('totals.refund_365d_amount', 'totals.gross_365d_amount') }} as refund_rate_365d
from gaps
inner join {{ ref('int_snapshots__totals') }} as totals
    on
        gaps.customer_id = totals.customer_id
        and gaps.as_of_date = totals.as_of_date
