with bases as (
    select
        'activity' as churn_basis,
        cast(0 as bigint) as grace_days
    union all
    select
        'contract' as churn_basis,
        cast({{ var('subscription_grace_days') }} as bigint) as grace_days
),

counted as (
    select
        bases.churn_basis,
        periods.period_type,
        periods.period_start_date,
        coalesce(sum(counts.net_entered_count) over (
            partition by bases.churn_basis, periods.period_type
            order by periods.period_start_date
            rows between unbounded preceding and 1 preceding
        ), 0) as active_start_count,
        coalesce(counts.churned_count, 0) as churned_count,
        {{ add_days('periods.period_start_date', 'bases.grace_days - 1') }} <= watermark.watermark_date
            as is_start_known,
        {{ add_days('periods.period_end_date', 'bases.grace_days') }} <= watermark.watermark_date as is_matured
    from bases
    cross join {{ ref('int_retention_periods') }} as periods
    cross join {{ ref('int_watermark') }} as watermark
    left join {{ ref('int_churn_counts') }} as counts
        on
            bases.churn_basis = counts.churn_basis
            and periods.period_type = counts.period_type
            and periods.period_start_date = counts.period_start_date
),

matured as (
    select
        churn_basis,
        period_type,
        period_start_date,
        case when is_start_known then cast(active_start_count as bigint) end as active_start_count,
        case when is_matured then churned_count end as churned_count,
        is_matured
    from counted
)

select
    churn_basis,
    period_type,
    period_start_date,
    active_start_count,
    churned_count,
    {{ rate_with_interval('churned_count', 'active_start_count', 'churn_rate') }},
    is_matured
from matured
