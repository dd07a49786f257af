-- The stocks at the end of an origin month, and twelve times the matrix. Decimals, so that every run gives the same.
with matrices as (
    select * from {{ ref('int_state_matrices') }}
),

step_0 as (
    select
        ended.state_month as origin_month,
        ended.to_state as lifecycle_state,
        cast(sum(ended.customer_count) as decimal(18, 8)) as expected_count
    from {{ ref('int_state_transitions') }} as ended
    inner join (select distinct origin_month from matrices) as origins
        on ended.state_month = origins.origin_month
    group by ended.state_month, ended.to_state
    union all
    select distinct
        origin_month,
        {{ arrived() }} as lifecycle_state,
        cast(1 as decimal(18, 8)) as expected_count
    from matrices
),

{{ forecast_steps(12) }},

forecasts as (
    {{ all_forecast_steps(12) }}
)

select
    origin_month,
    lifecycle_state,
    months_ahead,
    {{ months_later('origin_month', 'months_ahead') }} as forecast_month,
    expected_count
from forecasts
where lifecycle_state <> {{ arrived() }}
