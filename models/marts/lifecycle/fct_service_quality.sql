with counted as (
    select
        *,
        sum(opened_count - closed_count) over (
            partition by category
            order by service_month
            rows between unbounded preceding and current row
        ) as unresolved_count
    from {{ ref('int_tickets__monthly') }}
),

known as (
    select
        service_month,
        category,
        case when is_over then opened_count end as opened_count,
        case when is_over then answered_count end as answered_count,
        case when is_over then closed_count end as closed_count,
        cast(case when is_over then unresolved_count end as bigint) as unresolved_count,
        case when is_over then rated_count end as rated_count,
        case when is_over then satisfied_count end as satisfied_count,
        case when is_over then first_response_hours_median end as first_response_hours_median,
        case when is_over then first_response_hours_p90 end as first_response_hours_p90,
        case when is_over then resolution_hours_median end as resolution_hours_median,
        case when is_over then resolution_hours_p90 end as resolution_hours_p90,
        is_over as is_matured
    from counted
)

select
    service_month,
    category,
    opened_count,
    closed_count,
    unresolved_count,
    rated_count,
    satisfied_count,
    {{ rate_with_interval('satisfied_count', 'rated_count', 'csat_rate') }},
    resolution_hours_median,
    resolution_hours_p90,
    answered_count,
    first_response_hours_median,
    first_response_hours_p90,
    is_matured
from known
