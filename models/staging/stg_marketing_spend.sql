select
    spend_date,
    channel,
    coalesce(campaign_id, 'none') as campaign_id,
    amount,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_marketing_spend') }}
where row_status = 'accepted'
