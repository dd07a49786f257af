-- Bounded counts the active days themselves; unbounded counts customers by their last active day.
with ns as (
    {{ listed_numbers(var('retention_days'), 'n') }}
),

kinds as (
    select 'bounded' as kind
    union all
    select 'unbounded' as kind
),

members as (
    select
        cohort_date,
        customer_id,
        max(days_since) as last_days_since
    from {{ ref('int_nday_days') }}
    group by cohort_date, customer_id
),

lasts as (
    select
        cohort_date,
        last_days_since,
        count(*) as customer_count
    from members
    group by cohort_date, last_days_since
),

cohorts as (
    select
        cohort_date,
        cast(sum(customer_count) as bigint) as cohort_size
    from lasts
    group by cohort_date
),

retained as (
    select
        days.cohort_date,
        ns.n,
        'bounded' as kind,
        count(*) as retained_count
    from {{ ref('int_nday_days') }} as days
    inner join ns
        on days.days_since = ns.n
    group by days.cohort_date, ns.n
    union all
    select
        lasts.cohort_date,
        ns.n,
        'unbounded' as kind,
        cast(sum(lasts.customer_count) as bigint) as retained_count
    from lasts
    inner join ns
        on lasts.last_days_since >= ns.n
    group by lasts.cohort_date, ns.n
),

cells as (
    select
        cohorts.cohort_date,
        ns.n,
        kinds.kind,
        cohorts.cohort_size,
        {{ days_between('cohorts.cohort_date', 'watermark.watermark_date') }} - ns.n as follow_up_days
    from cohorts
    cross join ns
    cross join kinds
    cross join {{ ref('int_watermark') }} as watermark
),

counted as (
    select
        cells.*,
        case when cells.follow_up_days >= 0 then coalesce(retained.retained_count, 0) end as retained_count
    from cells
    left join retained
        on
            cells.cohort_date = retained.cohort_date
            and cells.n = retained.n
            and cells.kind = retained.kind
)

select
    cohort_date,
    n,
    kind,
    cohort_size,
    retained_count,
    {{ rate_with_interval('retained_count', 'cohort_size', 'retention_rate') }},
    follow_up_days,
    follow_up_days >= 0 as is_matured
from counted
