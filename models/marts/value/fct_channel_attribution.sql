with credited as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'ordered_date') }} as date) as order_month
    from {{ ref('fct_attribution') }}
),

attributed as (
    select
        order_month,
        channel,
        attribution_model,
        cast(sum(credit) as decimal(18, 8)) as conversion_credit,
        cast(sum(attributed_revenue_amount) as decimal(18, 4)) as attributed_revenue_amount
    from credited
    group by order_month, channel, attribution_model
),

models as (
    {{ attribution_models() }}
),

cells as (
    select
        order_month,
        channel,
        attribution_model
    from attributed
    union distinct
    select
        spend.spend_month,
        spend.channel,
        models.attribution_model
    from {{ ref('int_channel_spend') }} as spend
    cross join models
),

known_from as (
    select
        channel,
        min(spend_month) as first_spend_month
    from {{ ref('int_channel_spend') }}
    group by channel
),

filled as (
    select
        cells.order_month,
        cells.channel,
        cells.attribution_model,
        cast(coalesce(attributed.conversion_credit, 0) as decimal(18, 8)) as conversion_credit,
        cast(coalesce(attributed.attributed_revenue_amount, 0) as decimal(18, 4)) as attributed_revenue_amount,
        cast(
            coalesce(spend.spend_amount, case when cells.order_month >= known_from.first_spend_month then 0 end)
            as decimal(18, 4)
        ) as spend_amount,
        {{ period_end('month', 'cells.order_month') }} <= watermark.watermark_date as is_matured
    from cells
    cross join {{ ref('int_watermark') }} as watermark
    left join attributed
        on
            cells.order_month = attributed.order_month
            and cells.channel = attributed.channel
            and cells.attribution_model = attributed.attribution_model
    left join {{ ref('int_channel_spend') }} as spend
        on
            cells.order_month = spend.spend_month
            and cells.channel = spend.channel
    left join known_from
        on cells.channel = known_from.channel
)

select
    order_month,
    channel,
    attribution_model,
    conversion_credit,
    attributed_revenue_amount,
    spend_amount,
    case when is_matured then {{ share('attributed_revenue_amount', 'spend_amount') }} end as roas_ratio,
    is_matured
from filled
