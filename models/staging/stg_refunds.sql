select
    refund_id,
    order_id,
    refunded_at,
    amount,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_refunds') }}
where row_status = 'accepted'
