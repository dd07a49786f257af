-- Whoever came back on a later day or after it also came back on an earlier day or after it: cohort by cohort, and over
-- the cohorts that have reached every n.
with cells as (
    select
        cast(cohort_date as {{ dbt.type_string() }}) as cohort,
        kind,
        n,
        cohort_size,
        retained_count,
        retention_rate
    from {{ ref('fct_nday_retention') }}
    where retention_rate is not null
    union all
    select
        cohort_set as cohort,
        kind,
        first_day as n,
        cohort_size,
        retained_count,
        retention_rate
    from {{ ref('fct_nday_retention_overall') }}
    where retention_rate is not null and cohort_set = 'common' and kind <> 'bracket'
),

followed as (
    select
        *,
        lead(retention_rate) over (partition by cohort, kind order by n) as next_rate
    from cells
)

select
    cohort,
    n,
    retention_rate,
    next_rate
from followed
where kind = 'unbounded' and next_rate > retention_rate
