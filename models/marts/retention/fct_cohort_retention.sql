with purchase_months as (
    select distinct
        customer_id,
        cast({{ dbt.date_trunc('month', 'purchase_date') }} as date) as purchase_month
    from {{ ref('int_purchase_days') }}
),

cohort_members as (
    select
        customer_id,
        min(purchase_month) as cohort_month
    from purchase_months
    group by customer_id
),

cohorts as (
    select
        cohort_month,
        count(*) as cohort_size
    from cohort_members
    group by cohort_month
),

retained as (
    select
        cohort_members.cohort_month,
        purchase_months.purchase_month,
        count(*) as retained_count
    from cohort_members
    inner join purchase_months
        on cohort_members.customer_id = purchase_months.customer_id
    group by cohort_members.cohort_month, purchase_months.purchase_month
),

months as (
    select distinct cast({{ dbt.date_trunc('month', 'date_day') }} as date) as activity_month
    from {{ ref('int_days') }}
),

cells as (
    select
        cohorts.cohort_month,
        cohorts.cohort_size,
        months.activity_month,
        {{ months_between('cohorts.cohort_month', 'months.activity_month') }} as months_since,
        {{ period_end('month', 'months.activity_month') }} <= watermark.watermark_date as is_matured
    from cohorts
    inner join months
        on cohorts.cohort_month <= months.activity_month
    cross join {{ ref('int_watermark') }} as watermark
),

counted as (
    select
        cells.*,
        case when cells.is_matured then coalesce(retained.retained_count, 0) end as retained_count
    from cells
    left join retained
        on
            cells.cohort_month = retained.cohort_month
            and cells.activity_month = retained.purchase_month
)

select
    cohort_month,
    months_since,
    cohort_size,
    retained_count,
    {{ share('retained_count', 'cohort_size') }} as retention_rate,
    {{ wilson_low('retained_count', 'cohort_size') }} as retention_rate_low,
    {{ wilson_high('retained_count', 'cohort_size') }} as retention_rate_high,
    is_matured
from counted
