-- Only who changed state in a month is looked at: from the state before the first change to the one after the last.
with changes as (
    select
        *,
        {{ period_start('month', 'valid_from_date') }} as state_month
    from {{ ref('int_customer_states') }}
),

changers as (
    select
        customer_id,
        state_month,
        min_by(coalesce(previous_state, {{ arrived() }}), valid_from_date) as from_state,
        max_by(lifecycle_state, valid_from_date) as to_state
    from changes
    group by customer_id, state_month
)

select
    state_month,
    from_state,
    to_state,
    count(*) as mover_count
from changers
group by state_month, from_state, to_state
