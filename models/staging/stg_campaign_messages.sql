select
    message_id,
    campaign_id,
    customer_id,
    variant,
    sent_at,
    delivered_at,
    opened_at,
    clicked_at,
    unsubscribed_at,
    cost_amount,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_campaign_messages') }}
where row_status = 'accepted'
