with summed as (
    select
        cohort_basis,
        period_type,
        dimension,
        dimension_value,
        periods_since,
        count(*) filter (where is_matured) as cohort_count,
        cast(sum(case when is_matured then cohort_size end) as bigint) as cohort_size,
        cast(sum(case when is_matured then retained_count end) as bigint) as retained_count
    from {{ ref('fct_cohort_retention_by') }}
    group by cohort_basis, period_type, dimension, dimension_value, periods_since
)

select
    cohort_basis,
    period_type,
    dimension,
    dimension_value,
    periods_since,
    cohort_count,
    cohort_size,
    retained_count,
    {{ rate_with_interval('retained_count', 'cohort_size', 'retention_rate') }},
    cohort_count > 0 as is_matured
from summed
