-- Who did not change is known without being looked at: the stock at the month's start less those who moved.
with states as (
    {{ listed_words(lifecycle_state_names(), 'lifecycle_state') }}
),

months as (
    select
        period_start_date as state_month,
        is_over
    from {{ ref('int_lifecycle_periods') }}
    where period_type = 'month'
),

flows as (
    select
        state_month,
        to_state as lifecycle_state,
        mover_count as net_count
    from {{ ref('int_state_moves') }}
    union all
    select
        state_month,
        from_state as lifecycle_state,
        -mover_count as net_count
    from {{ ref('int_state_moves') }}
),

net as (
    select
        state_month,
        lifecycle_state,
        sum(net_count) as net_count
    from flows
    group by state_month, lifecycle_state
),

stocks as (
    select
        months.state_month,
        states.lifecycle_state,
        coalesce(sum(net.net_count) over (
            partition by states.lifecycle_state
            order by months.state_month
            rows between unbounded preceding and 1 preceding
        ), 0) as stock_count
    from months
    cross join states
    left join net
        on
            months.state_month = net.state_month
            and states.lifecycle_state = net.lifecycle_state
),

movers as (
    select
        state_month,
        from_state,
        sum(mover_count) as mover_count
    from {{ ref('int_state_moves') }}
    group by state_month, from_state
),

origins as (
    select
        stocks.state_month,
        stocks.lifecycle_state as from_state,
        stocks.stock_count as from_count,
        coalesce(movers.mover_count, 0) as mover_count
    from stocks
    left join movers
        on
            stocks.state_month = movers.state_month
            and stocks.lifecycle_state = movers.from_state
    union all
    select
        months.state_month,
        {{ arrived() }} as from_state,
        coalesce(movers.mover_count, 0) as from_count,
        coalesce(movers.mover_count, 0) as mover_count
    from months
    left join movers
        on
            months.state_month = movers.state_month
            and movers.from_state = {{ arrived() }}
)

select
    origins.state_month,
    origins.from_state,
    states.lifecycle_state as to_state,
    cast(origins.from_count as bigint) as from_count,
    cast(
        coalesce(moves.mover_count, 0)
        + case when origins.from_state = states.lifecycle_state then origins.from_count - origins.mover_count else 0 end
        as bigint
    ) as customer_count,
    months.is_over
from origins
cross join states
inner join months
    on origins.state_month = months.state_month
left join {{ ref('int_state_moves') }} as moves
    on
        origins.state_month = moves.state_month
        and origins.from_state = moves.from_state
        and states.lifecycle_state = moves.to_state
