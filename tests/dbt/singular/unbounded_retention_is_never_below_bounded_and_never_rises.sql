-- Cohort by cohort, and over all of them: whoever was active on day n was active on day n or later, and whoever was
-- active on a later day or after it was so on an earlier day or after it.
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
    'unbounded rises' as problem
from followed
where kind = 'unbounded' and cohort <> 'matured' and next_rate > retention_rate
union all
select
    bounded.cohort,
    bounded.n,
    'unbounded is below bounded, or missing' as problem
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
