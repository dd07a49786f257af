with bounds as (
    select
        period_type,
        min(period_start_date) as first_start_date
    from {{ ref('int_growth_counts') }}
    group by period_type
),

counted as (
    select
        periods.period_type,
        periods.period_start_date,
        periods.is_over as is_matured,
        coalesce(counts.active_count, 0) as active_count,
        coalesce(lag(counts.active_count) over by_period, 0) as previous_active_count,
        coalesce(counts.new_count, 0) as new_count,
        coalesce(counts.retained_count, 0) as retained_count,
        coalesce(counts.resurrected_count, 0) as resurrected_count,
        coalesce(counts.dormant_count, 0) as dormant_count
    from {{ ref('int_lifecycle_periods') }} as periods
    inner join bounds
        on
            periods.period_type = bounds.period_type
            and periods.period_start_date >= bounds.first_start_date
    left join {{ ref('int_growth_counts') }} as counts
        on
            periods.period_type = counts.period_type
            and periods.period_start_date = counts.period_start_date
    window by_period as (partition by periods.period_type order by periods.period_start_date)
)

select
    period_type,
    period_start_date,
    previous_active_count,
    case when is_matured then active_count end as active_count,
    case when is_matured then new_count end as new_count,
    case when is_matured then retained_count end as retained_count,
    case when is_matured then resurrected_count end as resurrected_count,
    case when is_matured then dormant_count end as dormant_count,
    case when is_matured then {{ share('new_count + resurrected_count', 'dormant_count') }} end as quick_ratio,
    is_matured
from counted
