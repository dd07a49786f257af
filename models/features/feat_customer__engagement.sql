select
    customer_id,
    as_of_date,
    active_days_30d,
    active_days_90d,
    event_count_30d,
    event_count_90d,
    product_view_count_30d,
    cart_count_30d,
    days_since_last_visit,
    activity_trend_ratio
from {{ ref('feat_customer__all') }}
