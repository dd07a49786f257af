-- A month's distribution of active days adds up to its last day's MAU, and to the DAU of 28 days.
with months as (
    select
        activity_month,
        {{ period_end('month', 'activity_month') }} as last_date,
        sum(customer_count) as customer_count,
        sum(customer_count * active_day_count) as active_days
    from {{ ref('fct_engagement_distribution') }}
    where is_matured
    group by activity_month
),

days as (
    select
        months.activity_month,
        sum(daily.dau) as active_days,
        max(case when daily.activity_date = months.last_date then daily.mau end) as mau
    from months
    inner join {{ ref('fct_engagement_daily') }} as daily
        on
            daily.activity_date <= months.last_date
            and daily.activity_date > {{ add_days('months.last_date', -28) }}
    group by months.activity_month
)

select months.activity_month
from months
left join days
    on months.activity_month = days.activity_month
where months.customer_count is distinct from days.mau or months.active_days is distinct from days.active_days
