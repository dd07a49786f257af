-- The last 28 days of each month: how many customers were active on how many of them.
with history as (
    select min(active_date) as first_date from {{ ref('int_active_days') }}
),

months as (
    select
        cast({{ dbt.date_trunc('month', 'days.date_day') }} as date) as activity_month,
        {{ period_end('month', 'days.date_day') }} as last_date,
        max(watermark.watermark_date) as watermark_date,
        max(history.first_date) as first_date
    from {{ ref('int_days') }} as days
    cross join {{ ref('int_watermark') }} as watermark
    cross join history
    where days.date_day >= history.first_date
    group by 1, 2
),

cells as (
    select
        months.activity_month,
        counts.counted as active_day_count,
        months.last_date <= months.watermark_date
        and {{ add_days('months.last_date', -27) }} >= months.first_date as is_matured
    from months
    cross join ({{ count_up_to(28) }}) as counts
),

customers as (
    select
        months.activity_month,
        active_days.customer_id,
        count(*) as active_day_count
    from {{ ref('int_active_days') }} as active_days
    inner join months
        on
            months.activity_month = cast({{ dbt.date_trunc('month', 'active_days.active_date') }} as date)
            and active_days.active_date > {{ add_days('months.last_date', -28) }}
    group by 1, 2
),

counted as (
    select
        activity_month,
        active_day_count,
        count(*) as customer_count
    from customers
    group by 1, 2
),

filled as (
    select
        cells.*,
        case when cells.is_matured then coalesce(counted.customer_count, 0) end as customer_count
    from cells
    left join counted
        on
            cells.activity_month = counted.activity_month
            and cells.active_day_count = counted.active_day_count
)

select
    activity_month,
    active_day_count,
    customer_count,
    {{ share('customer_count', 'sum(customer_count) over (partition by activity_month)') }} as customer_share,
    is_matured
from filled
