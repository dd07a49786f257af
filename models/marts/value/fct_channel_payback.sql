-- What a customer did before the first purchase that counts is of month 0.
with earned as (
    select
        members.cohort_month,
        members.channel,
        greatest({{ period_start('month', 'days.activity_date') }}, members.cohort_month) as earned_month,
        sum(days.gross_amount - days.discount_amount - days.refund_amount) as net_revenue_amount,
        sum(days.margin_amount) as margin_amount
    from {{ ref('int_acquired_customers') }} as members
    inner join {{ ref('int_customer_days__dealings') }} as days
        on members.customer_id = days.customer_id
    cross join {{ ref('int_watermark') }} as watermark
    where days.activity_date <= watermark.watermark_date and days.known_date <= watermark.watermark_date
    group by 1, 2, 3
),

months as (
    select distinct {{ period_start('month', 'date_day') }} as earned_month
    from {{ ref('int_days') }}
),

cells as (
    select
        cohorts.cohort_month,
        cohorts.channel,
        cohorts.customer_count,
        months.earned_month,
        {{ months_between('cohorts.cohort_month', 'months.earned_month') }} as months_since,
        cohorts.spend_amount,
        {{ period_end('month', 'months.earned_month') }} <= watermark.watermark_date as is_matured
    from {{ ref('int_channel_cohorts') }} as cohorts
    inner join months
        on cohorts.cohort_month <= months.earned_month
    cross join {{ ref('int_watermark') }} as watermark
    where cohorts.customer_count > 0
),

summed as (
    select
        cells.*,
        cast(sum(coalesce(earned.net_revenue_amount, 0)) over so_far as decimal(18, 4)) as revenue_so_far,
        cast(sum(coalesce(earned.margin_amount, 0)) over so_far as decimal(18, 4)) as margin_so_far
    from cells
    left join earned
        on
            cells.cohort_month = earned.cohort_month
            and cells.channel = earned.channel
            and cells.earned_month = earned.earned_month
    window so_far as (
        partition by cells.cohort_month, cells.channel
        order by cells.months_since
        rows between unbounded preceding and current row
    )
)

select
    cohort_month,
    channel,
    months_since,
    earned_month,
    customer_count,
    case when is_matured then revenue_so_far end as cumulated_net_revenue_amount,
    case when is_matured then margin_so_far end as cumulated_margin_amount,
    case when is_matured then {{ as_amount(share('margin_so_far', 'customer_count')) }} end
        as margin_per_customer_amount,
    case when is_matured then margin_so_far >= spend_amount end as is_paid_back,
    is_matured
from summed
