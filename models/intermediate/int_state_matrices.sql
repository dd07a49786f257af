-- Sum over sum of the newest months that were over at the end of the origin month. A state nobody was in stays as it is.
with summed as (
    select
        state_month as origin_month,
        from_state,
        to_state,
        sum(customer_count) over newest_months as customer_count,
        sum(from_count) over newest_months as from_count,
        count(*) over newest_months as month_count
    from {{ ref('int_state_transitions') }}
    where is_over
    window newest_months as (
        partition by from_state, to_state
        order by state_month
        rows between {{ var('forecast_base_months') - 1 }} preceding and current row
    )
)

select
    origin_month,
    from_state,
    to_state,
    case
        when from_state = {{ arrived() }} then {{ as_rate(share('customer_count', 'month_count')) }}
        when from_count > 0 then {{ as_rate(share('customer_count', 'from_count')) }}
        when from_state = to_state then cast(1 as decimal(18, 8))
        else cast(0 as decimal(18, 8))
    end as weight
from summed
where month_count = {{ var('forecast_base_months') }}
union all
select distinct
    origin_month,
    {{ arrived() }} as from_state,
    {{ arrived() }} as to_state,
    cast(1 as decimal(18, 8)) as weight
from summed
where month_count = {{ var('forecast_base_months') }}
