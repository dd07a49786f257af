-- Whoever was active on day n was active on day n or later: cohort by cohort, and over all of them.
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
    where retention_rate is not null and kind <> 'bracket'
)

select
    bounded.cohort,
    bounded.n,
    bounded.retained_count,
    unbounded.retained_count as unbounded_retained_count
from cells as bounded
left join cells as unbounded
    on
        bounded.cohort = unbounded.cohort
        and bounded.n = unbounded.n
        and unbounded.kind = 'unbounded'
where
    bounded.kind = 'bounded'
    and (
        unbounded.retention_rate is null
        or unbounded.retained_count < bounded.retained_count
        or unbounded.cohort_size <> bounded.cohort_size
    )
