with bounds as (
    select
        least(min(days.date_day), min(contracts.first_date)) as first_day,
        max(days.date_day) as last_day
    from {{ ref('int_days') }} as days
    cross join (select min(first_date) as first_date from {{ ref('int_contract_days') }}) as contracts
),

days as (
    select cast(date_day as date) as date_day
    from (select {{ day_series('first_day', 'last_day') }} as date_day from bounds) as series
),

periods as (
    {%- call(period) for_months_and_weeks() %}
    select distinct
        '{{ period }}' as period_type,
        {{ period_start(period, 'date_day') }} as period_start_date,
        {{ period_end(period, 'date_day') }} as period_end_date
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
