select
    subscription_id,
    customer_id,
    plan,
    started_at,
    ended_at,
    monthly_amount,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_subscriptions') }}
where row_status = 'accepted'
