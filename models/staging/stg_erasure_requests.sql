select
    customer_id,
    requested_at,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_erasure_requests') }}
where row_status = 'accepted'
