with transitions as (
    {{ transitions('page') }}
)

select
    from_state as from_page,
    to_state as to_page,
    transition_count,
    from_count,
    transition_probability,
    transition_probability_low,
    transition_probability_high,
    next_rank,
    first_date,
    last_date
from transitions
