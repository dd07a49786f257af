with counted as (
    select
        *,
        sum(opened_count - closed_count) over (
            partition by category
            order by service_month
            rows between unbounded preceding and current row
        ) as unresolved_count
    from {{ ref('int_tickets__monthly') }}
)

select
    service_month,
    category,
    case when is_over then opened_count end as opened_count,
    case when is_over then closed_count end as closed_count,
    cast(case when is_over then unresolved_count end as bigint) as unresolved_count,
    case when is_over then rated_count end as rated_count,
    case when is_over then satisfied_count end as satisfied_count,
    case when is_over then {{ share('satisfied_count', 'rated_count') }} end as csat_rate,
    case when is_over then {{ wilson_low('satisfied_count', 'rated_count') }} end as csat_rate_low,
    case when is_over then {{ wilson_high('satisfied_count', 'rated_count') }} end as csat_rate_high,
    case when is_over then resolution_hours_median end as resolution_hours_median,
    case when is_over then resolution_hours_p90 end as resolution_hours_p90,
    is_over as is_matured
from counted
