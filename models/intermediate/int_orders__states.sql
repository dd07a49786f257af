-- An order is corrected, itemised and refunded over time. Its state is drawn for every day on which something
-- about it became known, so that a snapshot sees it as it stood, and no later.
with order_versions as (
    select
        *,
        {{ business_date('known_at') }} as known_date
    from {{ ref('base_orders') }}
    where row_status <> 'quarantined'
),

refund_versions as (
    select
        order_id,
        refund_id,
        amount,
        greatest({{ business_date('refunded_at') }}, {{ business_date('known_at') }}) as seen_date,
        {{ business_date('superseded_at') }} as superseded_date
    from {{ ref('base_refunds') }}
    where row_status <> 'quarantined'
),

news as (
    select
        order_id,
        known_date as seen_date
    from order_versions
    union distinct
    select
        order_id,
        seen_date
    from {{ ref('int_order_items__priced') }}
    union distinct
    select
        order_id,
        superseded_date
    from {{ ref('int_order_items__priced') }}
    where superseded_date is not null
    union distinct
    select
        order_id,
        superseded_date
    from refund_versions
    where superseded_date is not null
    union distinct
    select
        order_id,
        seen_date
    from refund_versions
),

-- the newest version known by then; what was said of an order before the order itself waits for it
current_versions as (
    select
        news.order_id,
        news.seen_date,
        min(order_versions.version_number) as version_number
    from news
    inner join order_versions
        on
            news.order_id = order_versions.order_id
            and news.seen_date >= order_versions.known_date
    group by news.order_id, news.seen_date
),

item_totals as (
    select
        current_versions.order_id,
        current_versions.seen_date,
        count(*) as line_count,
        cast(sum(items.gross_amount) as decimal(18, 4)) as gross_amount,
        cast(sum(items.discount_amount) as decimal(18, 4)) as discount_amount,
        cast(sum(items.quantity) as decimal(18, 4)) as quantity,
        cast(sum(items.cost_amount) as decimal(18, 4)) as known_cost_amount,
        cast(
            sum(case when items.cost_amount is null then items.gross_amount - coalesce(items.discount_amount, 0) end)
            as decimal(18, 4)
        ) as uncosted_amount
    from current_versions
    inner join {{ ref('int_order_items__priced') }} as items
        on
            current_versions.order_id = items.order_id
            and current_versions.seen_date >= items.seen_date
            and (items.superseded_date is null or current_versions.seen_date < items.superseded_date)
    group by current_versions.order_id, current_versions.seen_date
),

refund_totals as (
    select
        current_versions.order_id,
        current_versions.seen_date,
        cast(sum(refund_versions.amount) as decimal(18, 4)) as refund_amount
    from current_versions
    inner join refund_versions
        on
            current_versions.order_id = refund_versions.order_id
            and current_versions.seen_date >= refund_versions.seen_date
            and (
                refund_versions.superseded_date is null
                or current_versions.seen_date < refund_versions.superseded_date
            )
    group by current_versions.order_id, current_versions.seen_date
),

stated as (
    select
        current_versions.seen_date,
        order_versions.order_id,
        order_versions.customer_id,
        order_versions.ordered_at,
        {{ business_date('order_versions.ordered_at') }} as ordered_date,
        lower(order_versions.status) as status,
        order_versions.channel,
        upper(coalesce(order_versions.currency, '{{ var("reporting_currency") }}')) as currency,
        coalesce(item_totals.line_count, 0) as line_count,
        item_totals.quantity,
        coalesce(item_totals.gross_amount, order_versions.gross_amount, 0) as gross_amount,
        coalesce(item_totals.discount_amount, order_versions.discount_amount, 0) as discount_amount,
        coalesce(order_versions.shipping_amount, 0) as shipping_amount,
        coalesce(order_versions.tax_amount, 0) as tax_amount,
        coalesce(refund_totals.refund_amount, 0) as refund_amount,
        item_totals.known_cost_amount,
        item_totals.uncosted_amount
    from current_versions
    inner join order_versions
        on
            current_versions.order_id = order_versions.order_id
            and current_versions.version_number = order_versions.version_number
    left join item_totals
        on
            current_versions.order_id = item_totals.order_id
            and current_versions.seen_date = item_totals.seen_date
    left join refund_totals
        on
            current_versions.order_id = refund_totals.order_id
            and current_versions.seen_date = refund_totals.seen_date
)

select
    *,
    lead(seen_date) over (partition by order_id order by seen_date) as superseded_date
from stated
