-- Every feature, said once; the themes are its columns. All are views of what is held of a snapshot.
with snapshots as (
    select
        *,
        {{ days_between('last_purchase_date', 'as_of_date') }} as recency_days,
        case
            when purchase_day_count >= 2
                then
                    {{ days_between('first_purchase_date', 'last_purchase_date') }}
                    / cast(purchase_day_count - 1 as double)
        end as typical_gap_days
    from {{ ref('int_snapshots') }}
)

select
    customer_id,
    as_of_date,
    recency_days,
    purchase_days_365d as frequency_count,
    net_revenue_365d_amount as monetary_amount,
    purchase_day_count,
    net_revenue_amount,
    {{ days_between('first_purchase_date', 'as_of_date') }} as tenure_days,
    typical_gap_days,
    recency_days / typical_gap_days as gap_ratio,
    purchase_days_30d,
    purchase_days_90d,
    order_count_365d,
    net_revenue_90d_amount,
    {{ as_amount(share('net_revenue_365d_amount', 'order_count_365d')) }} as average_order_amount,
    {{ share('discount_365d_amount', 'gross_365d_amount') }} as discount_rate_365d,
    {{ share('refund_365d_amount', 'gross_365d_amount') }} as refund_rate_365d,
    active_days_30d,
    active_days_90d,
    event_count_30d,
    event_count_90d,
    product_view_count_30d,
    cart_count_30d,
    {{ days_between('last_visit_date', 'as_of_date') }} as days_since_last_visit,
    {{ share('3 * active_days_30d', 'active_days_90d') }} as activity_trend_ratio,
    ticket_count_90d,
    ticket_count_365d,
    complaint_count_365d,
    {{ days_between('last_ticket_date', 'as_of_date') }} as days_since_last_ticket,
    review_count_365d,
    low_review_count_365d,
    message_count_90d,
    opened_count_90d,
    clicked_count_90d,
    {{ share('opened_count_90d', 'message_count_90d') }} as open_rate_90d,
    {{ share('clicked_count_90d', 'message_count_90d') }} as click_rate_90d,
    cast(case when unsubscribe_count > 0 then 1 else 0 end as bigint) as is_unsubscribed,
    {{ days_between('last_opened_date', 'as_of_date') }} as days_since_last_open
from snapshots
