-- Every customer has one channel and one country: each split sums to the figures for everyone, cell by cell.
with dimensions as (
    select 'channel' as dimension
    union all
    select 'country' as dimension
),

totals as (
    select
        cohort_basis,
        period_type,
        cohort_start_date,
        periods_since,
        dimension,
        sum(cohort_size) as cohort_size,
        sum(retained_count) as retained_count
    from {{ ref('fct_cohort_retention_by') }}
    group by cohort_basis, period_type, cohort_start_date, periods_since, dimension
)

select everyone.*
from totals as everyone
cross join dimensions
left join totals as split
    on
        everyone.cohort_basis = split.cohort_basis
        and everyone.period_type = split.period_type
        and everyone.cohort_start_date = split.cohort_start_date
        and everyone.periods_since = split.periods_since
        and dimensions.dimension = split.dimension
where
    everyone.dimension = 'all'
    and (
        everyone.cohort_size is distinct from split.cohort_size
        or everyone.retained_count is distinct from split.retained_count
    )
