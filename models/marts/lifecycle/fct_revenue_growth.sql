with bounds as (
    select
        period_type,
        min(period_start_date) as first_start_date
    from {{ ref('int_revenue_moves') }}
    group by period_type
),

summed as (
    select
        periods.period_type,
        periods.period_start_date,
        periods.is_over as is_matured,
        lag(moves.revenue_amount) over (
            partition by periods.period_type order by periods.period_start_date
        ) as previous_revenue_amount,
        moves.revenue_amount,
        moves.new_amount,
        moves.expansion_amount,
        moves.contraction_amount,
        moves.reactivated_amount,
        moves.churned_amount,
        moves.base_amount,
        moves.net_retained_amount,
        moves.gross_retained_amount
    from {{ ref('int_lifecycle_periods') }} as periods
    inner join bounds
        on
            periods.period_type = bounds.period_type
            and periods.period_start_date >= bounds.first_start_date
    left join {{ ref('int_revenue_moves') }} as moves
        on
            periods.period_type = moves.period_type
            and periods.period_start_date = moves.period_start_date
)

select
    period_type,
    period_start_date,
    {{ known_amount('previous_revenue_amount', 'true') }} as previous_revenue_amount,
    {{ known_amount('revenue_amount', 'is_matured') }} as revenue_amount,
    {{ known_amount('new_amount', 'is_matured') }} as new_amount,
    {{ known_amount('expansion_amount', 'is_matured') }} as expansion_amount,
    {{ known_amount('contraction_amount', 'is_matured') }} as contraction_amount,
    {{ known_amount('reactivated_amount', 'is_matured') }} as reactivated_amount,
    {{ known_amount('churned_amount', 'is_matured') }} as churned_amount,
    {{ known_amount('base_amount', 'is_matured') }} as base_amount,
    {{ known_amount('net_retained_amount', 'is_matured') }} as net_retained_amount,
    {{ known_amount('gross_retained_amount', 'is_matured') }} as gross_retained_amount,
    case when is_matured then {{ share('net_retained_amount', 'base_amount') }} end as net_revenue_retention_rate,
    case when is_matured then {{ share('gross_retained_amount', 'base_amount') }} end as gross_revenue_retention_rate,
    is_matured
from summed
