-- The calendar, with the days on which snapshots are taken: the newest period ends, today, and those asked for.
with bounds as (
    select
        least(min(days.activity_date), min(days.known_date)) as first_day,
        max(watermark.watermark_date) as last_day
    from {{ ref('int_customer_days') }} as days
    cross join {{ ref('int_watermark') }} as watermark
),

all_days as (
    select cast(date_day as date) as date_day
    from (select {{ day_series('first_day', 'last_day') }} as date_day from bounds) as series
),

asked_for as (
    {{ listed_dates(var('as_of_dates')) }}
),

marked as (
    select
        all_days.date_day,
        asked_for.as_of_date is not null as is_asked_for,
        all_days.date_day = {{ period_end(var('as_of_grain'), 'all_days.date_day') }}
        or all_days.date_day = bounds.last_day as is_regular
    from all_days
    cross join bounds
    left join asked_for
        on all_days.date_day = asked_for.as_of_date
),

numbered as (
    select
        *,
        sum(case when is_regular then 1 else 0 end) over (
            order by date_day desc
            rows between unbounded preceding and current row
        ) as newness
    from marked
),

chosen as (
    select
        date_day,
        is_asked_for or (is_regular and newness <= {{ var('as_of_count') }}) as is_as_of_date
    from numbered
)

select
    date_day,
    is_as_of_date,
    min(case when is_as_of_date then date_day end) over (
        order by date_day
        rows between current row and unbounded following
    ) as next_as_of_date
from chosen
