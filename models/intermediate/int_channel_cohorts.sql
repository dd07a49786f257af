-- What a month's customers of a channel cost. Spend of 0 is known from the channel's first spend on; before, and
-- where a channel has none at all, it is unknown.
with acquired as (
    select
        cohort_month,
        channel,
        count(*) as customer_count
    from {{ ref('int_acquired_customers') }}
    group by cohort_month, channel
),

known_from as (
    select
        channel,
        min(spend_month) as first_spend_month
    from {{ ref('int_channel_spend') }}
    group by channel
),

cells as (
    select
        cohort_month,
        channel
    from acquired
    union distinct
    select
        spend_month,
        channel
    from {{ ref('int_channel_spend') }}
)

select
    cells.cohort_month,
    cells.channel,
    coalesce(acquired.customer_count, 0) as customer_count,
    {{ spend_of('cells.cohort_month') }} as spend_amount,
    {{ period_end('month', 'cells.cohort_month') }} <= watermark.watermark_date as is_matured
from cells
cross join {{ ref('int_watermark') }} as watermark
left join acquired
    on
        cells.cohort_month = acquired.cohort_month
        and cells.channel = acquired.channel
left join {{ ref('int_channel_spend') }} as spend
    on
        cells.cohort_month = spend.spend_month
        and cells.channel = spend.channel
left join known_from
    on cells.channel = known_from.channel
