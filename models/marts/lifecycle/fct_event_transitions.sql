with transitions as (
    {{ transitions('event_type') }}
)

select
    from_state as from_event_type,
    to_state as to_event_type,
    transition_count,
    from_count,
    transition_probability,
    transition_probability_low,
    transition_probability_high,
    next_rank,
    first_date,
    last_date
from transitions
