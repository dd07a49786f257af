select
    customer_id,
    as_of_date,
    typical_gap_days,
    gap_ratio,
    purchase_days_30d,
    purchase_days_90d,
    order_count_365d,
    net_revenue_90d_amount,
    average_order_amount,
    discount_rate_365d,
    refund_rate_365d
from {{ ref('feat_customer__all') }}
