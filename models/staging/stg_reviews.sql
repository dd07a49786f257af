select
    review_id,
    customer_id,
    product_id,
    rating,
    body,
    created_at,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_reviews') }}
where row_status = 'accepted'
