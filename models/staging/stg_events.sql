select
    event_id,
    occurred_at,
    coalesce(anonymous_id, concat('customer:', customer_id)) as visitor_id,
    anonymous_id,
    customer_id,
    event_type,
    page_path,
    product_id,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_events') }}
where not is_rejected
