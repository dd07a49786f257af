select
    customer_id,
    as_of_date,
    ticket_count_90d,
    ticket_count_365d,
    complaint_count_365d,
    days_since_last_ticket,
    review_count_365d,
    low_review_count_365d
from {{ ref('feat_customer__all') }}
