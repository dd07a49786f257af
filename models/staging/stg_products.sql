select
    product_id,
    product_name,
    category,
    brand,
    list_price,
    unit_cost,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_products') }}
where row_status = 'accepted'
