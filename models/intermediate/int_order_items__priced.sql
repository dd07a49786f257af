-- Every version of a line with the day it became known and, once it is corrected, the day that was.
with lines as (
    select
        *,
        coalesce({{ business_date('known_at') }}, date '1900-01-01') as seen_date,
        {{ business_date('superseded_at') }} as superseded_date
    from {{ ref('base_order_items') }}
    where row_status <> 'quarantined'
)

select
    lines.order_id,
    lines.line_number,
    lines.version_number,
    lines.product_id,
    lines.seen_date,
    lines.superseded_date,
    lines.quantity,
    cast(lines.quantity * lines.unit_price as decimal(18, 4)) as gross_amount,
    lines.discount_amount,
    cast(lines.quantity * products.unit_cost as decimal(18, 4)) as cost_amount
from lines
left join {{ ref('stg_products') }} as products
    on lines.product_id = products.product_id
