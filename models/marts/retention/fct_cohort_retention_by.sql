with counts as (
    {{ cohort_counts_by('all', "'all'") }}
    union all
    {{ cohort_counts_by('channel', 'acquisition_channel') }}
    union all
    {{ cohort_counts_by('country', 'country') }}
),

cohorts as (
    select
        counts.*,
        periods.period_number as cohort_number
    from counts
    inner join {{ ref('int_retention_periods') }} as periods
        on
            counts.period_type = periods.period_type
            and counts.cohort_start_date = periods.period_start_date
    where counts.cohort_start_date = counts.period_start_date
),

cells as (
    select
        cohorts.cohort_basis,
        cohorts.period_type,
        cohorts.dimension,
        cohorts.dimension_value,
        cohorts.cohort_start_date,
        periods.period_number - cohorts.cohort_number as periods_since,
        periods.period_start_date,
        cohorts.retained_count as cohort_size,
        periods.is_over as is_matured
    from cohorts
    inner join {{ ref('int_retention_periods') }} as periods
        on
            cohorts.period_type = periods.period_type
            and periods.period_number
            between cohorts.cohort_number and cohorts.cohort_number + {{ var('cohort_periods') }}
),

counted as (
    select
        cells.*,
        case when cells.is_matured then coalesce(counts.retained_count, 0) end as retained_count
    from cells
    left join counts
        on
            cells.cohort_basis = counts.cohort_basis
            and cells.period_type = counts.period_type
            and cells.dimension = counts.dimension
            and cells.dimension_value = counts.dimension_value
            and cells.cohort_start_date = counts.cohort_start_date
            and cells.period_start_date = counts.period_start_date
)

select
    cohort_basis,
    period_type,
    dimension,
    dimension_value,
    cohort_start_date,
    periods_since,
    period_start_date,
    cohort_size,
    retained_count,
    {{ rate_with_interval('retained_count', 'cohort_size', 'retention_rate') }},
    is_matured
from counted
