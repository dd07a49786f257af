-- How far off forecasts of a state so many months ahead have been, as far as that was known at the origin month; of
-- fewer than five of them nothing is said.
select
    forecasts.origin_month,
    forecasts.lifecycle_state,
    forecasts.months_ahead,
    count(past.error_count) as past_forecast_count,
    case
        when count(past.error_count) >= 5
            then {{ as_amount('percentile_cont(0.9) within group (order by cast(past.error_count as double))', 8) }}
    end as error_p90_count
from {{ ref('int_state_forecasts') }} as forecasts
left join {{ ref('int_state_forecast_errors') }} as past
    on
        forecasts.lifecycle_state = past.lifecycle_state
        and forecasts.months_ahead = past.months_ahead
        and {{ months_between('past.origin_month', 'forecasts.origin_month') }} >= forecasts.months_ahead
group by forecasts.origin_month, forecasts.lifecycle_state, forecasts.months_ahead
