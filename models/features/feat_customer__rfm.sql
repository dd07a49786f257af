select
    customer_id,
    as_of_date,
    recency_days,
    frequency_count,
    monetary_amount,
    purchase_day_count,
    net_revenue_amount,
    tenure_days
from {{ ref('feat_customer__all') }}
