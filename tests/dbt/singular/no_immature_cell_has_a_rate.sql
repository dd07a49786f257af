-- A cell whose window ends after the watermark says so, and holds neither a count nor a rate.
with cells as (
    select
        'fct_cohort_retention' as model,
        periods.period_end_date as window_end_date,
        cohorts.retained_count,
        cohorts.retention_rate,
        cohorts.is_matured
    from {{ ref('fct_cohort_retention') }} as cohorts
    left join {{ ref('int_retention_periods') }} as periods
        on
            periods.period_type = 'month'
            and cohorts.months_since = {{ months_between('cohorts.cohort_month', 'periods.period_start_date') }}
    union all
    select
        'fct_cohort_retention_by' as model,
        case
            when period_type = 'month' then {{ period_end('month', 'period_start_date') }}
            else {{ add_days('period_start_date', 6) }}
        end as window_end_date,
        retained_count,
        retention_rate,
        is_matured
    from {{ ref('fct_cohort_retention_by') }}
    union all
    select
        'fct_nday_retention' as model,
        {{ add_days('cohort_date', 'n') }} as window_end_date,
        retained_count,
        retention_rate,
        is_matured
    from {{ ref('fct_nday_retention') }}
    union all
    select
        'fct_bracket_retention' as model,
        {{ add_days('cohort_date', 'last_day') }} as window_end_date,
        retained_count,
        retention_rate,
        is_matured
    from {{ ref('fct_bracket_retention') }}
    union all
    select
        'fct_churn_rate' as model,
        {{ add_days(
            "case when period_type = 'month' then " ~ period_end('month', 'period_start_date')
            ~ " else " ~ add_days('period_start_date', 6) ~ " end",
            "case when churn_basis = 'contract' then " ~ var('subscription_grace_days') ~ " else 0 end"
        ) }} as window_end_date,
        churned_count as retained_count,
        churn_rate as retention_rate,
        is_matured
    from {{ ref('fct_churn_rate') }}
    union all
    select
        'fct_state_transitions' as model,
        {{ period_end('month', 'state_month') }} as window_end_date,
        customer_count as retained_count,
        transition_rate as retention_rate,
        is_matured
    from {{ ref('fct_state_transitions') }}
    union all
    select
        'fct_growth_accounting' as model,
        periods.period_end_date as window_end_date,
        growth.active_count as retained_count,
        growth.quick_ratio as retention_rate,
        growth.is_matured
    from {{ ref('fct_growth_accounting') }} as growth
    left join {{ ref('int_lifecycle_periods') }} as periods
        on
            growth.period_type = periods.period_type
            and growth.period_start_date = periods.period_start_date
    union all
    select
        'fct_revenue_growth' as model,
        periods.period_end_date as window_end_date,
        cast(revenue.revenue_amount as bigint) as retained_count,
        revenue.net_revenue_retention_rate as retention_rate,
        revenue.is_matured
    from {{ ref('fct_revenue_growth') }} as revenue
    left join {{ ref('int_lifecycle_periods') }} as periods
        on
            revenue.period_type = periods.period_type
            and revenue.period_start_date = periods.period_start_date
)

select cells.*
from cells
cross join {{ ref('int_watermark') }} as watermark
where
    coalesce(cells.is_matured <> (cells.window_end_date <= watermark.watermark_date), true)
    or (
        cells.window_end_date > watermark.watermark_date
        and (cells.retained_count is not null or cells.retention_rate is not null)
    )
