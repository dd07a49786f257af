-- The stocks at the watermark's month start, from the matrix, are those that the intervals of that day say.
with newest as (
    select max(state_month) as state_month from {{ ref('fct_state_transitions') }}
),

told as (
    select
        transitions.from_state as lifecycle_state,
        min(transitions.from_count) as customer_count
    from {{ ref('fct_state_transitions') }} as transitions
    inner join newest
        on transitions.state_month = newest.state_month
    where transitions.from_state <> {{ arrived() }}
    group by transitions.from_state
),

counted as (
    select
        states.lifecycle_state,
        count(*) as customer_count
    from {{ ref('fct_customer_states') }} as states
    cross join newest
    where
        states.valid_from_date < newest.state_month
        and (states.valid_to_date is null or states.valid_to_date >= newest.state_month)
    group by states.lifecycle_state
)

select told.lifecycle_state
from told
left join counted
    on told.lifecycle_state = counted.lifecycle_state
where told.customer_count <> coalesce(counted.customer_count, 0)
