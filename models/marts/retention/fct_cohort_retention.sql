select
    cohort_start_date as cohort_month,
    periods_since as months_since,
    cohort_size,
    retained_count,
    retention_rate,
    retention_rate_low,
    retention_rate_high,
    is_matured
from {{ ref('fct_cohort_retention_by') }}
where cohort_basis = 'order' and period_type = 'month' and dimension = 'all'
