with errors as (
    select
        errors.*,
        ranges.error_p90_count,
        {{ as_rate(share('errors.error_count', 'errors.actual_count')) }} as relative_error,
        case when errors.seasonal_error_count is not null then errors.error_count end as comparable_error_count
    from {{ ref('int_state_forecast_errors') }} as errors
    inner join {{ ref('int_state_forecast_ranges') }} as ranges
        on
            errors.origin_month = ranges.origin_month
            and errors.lifecycle_state = ranges.lifecycle_state
            and errors.months_ahead = ranges.months_ahead
),

measured as (
    select
        lifecycle_state,
        months_ahead,
        {{ share('sum(error_count)', 'count(*)') }} as mean_absolute_error,
        {{ share('sum(relative_error)', 'count(relative_error)') }} as mean_relative_error,
        {{ share('sum(unchanged_error_count)', 'count(*)') }} as unchanged_mean_absolute_error,
        {{ share('sum(comparable_error_count)', 'sum(seasonal_error_count)') }} as mase,
        count(error_p90_count) as ranged_forecast_count,
        count(*) filter (where error_count <= error_p90_count) as covered_forecast_count
    from errors
    group by lifecycle_state, months_ahead
),

newest as (
    select max(origin_month) as origin_month from {{ ref('int_state_forecasts') }}
)

select
    forecasts.forecast_month,
    forecasts.lifecycle_state,
    forecasts.origin_month,
    forecasts.months_ahead,
    cast(forecasts.expected_count as decimal(18, 4)) as expected_count,
    cast(
        case
            when ranges.error_p90_count > forecasts.expected_count then 0
            else forecasts.expected_count - ranges.error_p90_count
        end as decimal(18, 4)
    ) as expected_low_count,
    cast(forecasts.expected_count + ranges.error_p90_count as decimal(18, 4)) as expected_high_count,
    ranges.past_forecast_count,
    measured.mean_absolute_error,
    measured.mean_relative_error,
    measured.unchanged_mean_absolute_error,
    measured.mase,
    coalesce(measured.ranged_forecast_count, 0) as ranged_forecast_count,
    {{ share('measured.covered_forecast_count', 'measured.ranged_forecast_count') }} as range_coverage_rate
from {{ ref('int_state_forecasts') }} as forecasts
inner join newest
    on forecasts.origin_month = newest.origin_month
inner join {{ ref('int_state_forecast_ranges') }} as ranges
    on
        forecasts.origin_month = ranges.origin_month
        and forecasts.lifecycle_state = ranges.lifecycle_state
        and forecasts.months_ahead = ranges.months_ahead
left join measured
    on
        forecasts.lifecycle_state = measured.lifecycle_state
        and forecasts.months_ahead = measured.months_ahead
