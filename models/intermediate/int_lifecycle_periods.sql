with bounds as (
    select
        least(min(states.valid_from_date), min(days.date_day)) as first_day,
        max(watermark.watermark_date) as last_day
    from (select min(valid_from_date) as valid_from_date from {{ ref('int_customer_states') }}) as states
    cross join (select min(date_day) as date_day from {{ ref('int_days') }}) as days
    cross join {{ ref('int_watermark') }} as watermark
),

days as (
    select cast(date_day as date) as date_day
    from (select {{ day_series('first_day', 'last_day') }} as date_day from bounds) as series
),

periods as (
    {%- call(period) for_days_weeks_and_months() %}
    select distinct
        '{{ period }}' as period_type,
        {{ period_start(period, 'date_day') }} as period_start_date,
        {{ add_days(next_period_start(period, period_start(period, 'date_day')), -1) }} as period_end_date
    from days
    {%- endcall %}
)

select
    periods.period_type,
    periods.period_start_date,
    periods.period_end_date,
    cast(row_number() over (
        partition by periods.period_type order by periods.period_start_date
    ) as bigint) as period_number,
    periods.period_end_date <= watermark.watermark_date as is_over
from periods
cross join {{ ref('int_watermark') }} as watermark
