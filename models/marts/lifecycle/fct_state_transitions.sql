with matured as (
    select
        state_month,
        from_state,
        to_state,
        case when is_over or from_state <> {{ arrived() }} then from_count end as from_count,
        case when is_over then customer_count end as customer_count,
        is_over as is_matured
    from {{ ref('int_state_transitions') }}
)

select
    state_month,
    from_state,
    to_state,
    from_count,
    customer_count,
    {{ rate_with_interval('customer_count', 'from_count', 'transition_rate') }},
    is_matured
from matured
