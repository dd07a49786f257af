-- Overall is the sum of the retained over the sum of the cohorts, matured ones only; no mean of rates.
with cells as (
    select
        concat_ws('|', cohort_basis, period_type, dimension, dimension_value) as series,
        periods_since as step,
        cohort_size,
        retained_count,
        is_matured
    from {{ ref('fct_cohort_retention_by') }}
    union all
    select
        kind as series,
        n as step,
        cohort_size,
        retained_count,
        is_matured
    from {{ ref('fct_nday_retention') }}
),

expected as (
    select
        series,
        step,
        sum(retained_count) / sum(cast(cohort_size as double)) as retention_rate
    from cells
    where is_matured
    group by series, step
),

found as (
    select
        concat_ws('|', cohort_basis, period_type, dimension, dimension_value) as series,
        periods_since as step,
        retention_rate
    from {{ ref('fct_retention_overall') }}
    where is_matured
    union all
    select
        kind as series,
        first_day as step,
        retention_rate
    from {{ ref('fct_nday_retention_overall') }}
    where is_matured and cohort_set = 'matured' and kind <> 'bracket'
)

select
    expected.series,
    expected.step,
    expected.retention_rate,
    found.retention_rate as found_rate
from expected
full outer join found
    on
        expected.series = found.series
        and expected.step = found.step
where coalesce(abs(expected.retention_rate - found.retention_rate) > 1e-12, true)
