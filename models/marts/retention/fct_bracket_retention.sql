with brackets as (
    {{ listed_brackets(var('retention_brackets')) }}
),

cohorts as (
    select
        cohort_date,
        count(distinct customer_id) as cohort_size
    from {{ ref('int_nday_days') }}
    group by cohort_date
),

retained as (
    select
        days.cohort_date,
        brackets.first_day,
        brackets.last_day,
        count(distinct days.customer_id) as retained_count
    from {{ ref('int_nday_days') }} as days
    inner join brackets
        on days.days_since between brackets.first_day and brackets.last_day
    group by days.cohort_date, brackets.first_day, brackets.last_day
),

cells as (
    select
        cohorts.cohort_date,
        cohorts.cohort_size,
        brackets.first_day,
        brackets.last_day,
        {{ add_days('cohorts.cohort_date', 'brackets.last_day') }} <= watermark.watermark_date as is_matured
    from cohorts
    cross join brackets
    cross join {{ ref('int_watermark') }} as watermark
),

counted as (
    select
        cells.*,
        case when cells.is_matured then coalesce(retained.retained_count, 0) end as retained_count
    from cells
    left join retained
        on
            cells.cohort_date = retained.cohort_date
            and cells.first_day = retained.first_day
            and cells.last_day = retained.last_day
)

select
    cohort_date,
    first_day,
    last_day,
    cohort_size,
    retained_count,
    {{ rate_with_interval('retained_count', 'cohort_size', 'retention_rate') }},
    is_matured
from counted
