with bounds as (
    select
        least(min(states.valid_from_date), min(days.date_day)) as first_day,
        max(watermark.watermark_date) as last_day
    from (select min(valid_from_date) as valid_from_date from {{ ref('int_customer_states') }}) as states
    cross join (select min(date_day) as date_day from {{ ref('int_days') }}) as days
    cross join {{ ref('int_watermark') }} as watermark
),

periods as (
    {{ numbered_periods('bounds', ['day', 'week', 'month']) }}
)

select * from periods
