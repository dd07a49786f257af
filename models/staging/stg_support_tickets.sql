select
    ticket_id,
    customer_id,
    opened_at,
    first_response_at,
    closed_at,
    category,
    channel,
    rating,
    message,
    handling_cost_amount,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_support_tickets') }}
where row_status = 'accepted'
