select
    campaign_id,
    campaign_name,
    channel,
    objective,
    starts_at,
    ends_at,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_campaigns') }}
where row_status = 'accepted'
