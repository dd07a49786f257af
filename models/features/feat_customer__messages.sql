select
    customer_id,
    as_of_date,
    message_count_90d,
    opened_count_90d,
    clicked_count_90d,
    open_rate_90d,
    click_rate_90d,
    is_unsubscribed,
    days_since_last_open
from {{ ref('feat_customer__all') }}
