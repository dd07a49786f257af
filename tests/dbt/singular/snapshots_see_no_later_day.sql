-- No feature is younger than its as-of date: a negative age would be a look into the future.
select
    customer_id,
    as_of_date
from {{ ref('feat_customer__all') }}
where least(recency_days, tenure_days, days_since_last_visit, days_since_last_ticket, days_since_last_open) < 0
