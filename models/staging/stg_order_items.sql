select
    order_id,
    line_number,
    product_id,
    quantity,
    unit_price,
    discount_amount,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_order_items') }}
where row_status = 'accepted'
