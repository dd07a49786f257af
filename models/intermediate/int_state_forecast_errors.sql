-- The forecasts made at past origins against what came, and against two that need no model: that stocks stay as they
-- are, and that they are what they were in that month a year before.
with stocks as (
    select
        months.period_number,
        ended.state_month,
        ended.to_state as lifecycle_state,
        cast(sum(ended.customer_count) as decimal(18, 8)) as stock_count
    from {{ ref('int_state_transitions') }} as ended
    inner join {{ ref('int_lifecycle_periods') }} as months
        on
            months.period_type = 'month'
            and ended.state_month = months.period_start_date
    where ended.is_over
    group by months.period_number, ended.state_month, ended.to_state
)

select
    forecasts.origin_month,
    forecasts.lifecycle_state,
    forecasts.months_ahead,
    came.stock_count as actual_count,
    abs(forecasts.expected_count - came.stock_count) as error_count,
    abs(origins.stock_count - came.stock_count) as unchanged_error_count,
    abs(a_year_before.stock_count - came.stock_count) as seasonal_error_count
from {{ ref('int_state_forecasts') }} as forecasts
inner join stocks as came
    on
        forecasts.forecast_month = came.state_month
        and forecasts.lifecycle_state = came.lifecycle_state
inner join stocks as origins
    on
        forecasts.origin_month = origins.state_month
        and forecasts.lifecycle_state = origins.lifecycle_state
left join stocks as a_year_before
    on
        came.period_number - 12 = a_year_before.period_number
        and came.lifecycle_state = a_year_before.lifecycle_state
