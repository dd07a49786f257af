-- Whose touches or valid orders have changed, and by which change last.
with entries as (
    select
        customer_id,
        {{ row_hash(["'touch'", 'touch_kind', 'touch_id', 'touched_at', 'channel', 'campaign_id']) }} as entry_hash
    from {{ ref('fct_touches') }}
    union all
    select
        customer_id,
        {{ row_hash(["'order'", 'order_id', 'ordered_at', 'ordered_date', 'net_revenue_amount']) }}
    from {{ ref('fct_orders') }}
    where is_valid
)

select
    customer_id,
    fingerprint,
    changed_in
from (
    {{ changes_among('entries', 'int_touches__changes') }}
) as changes
