-- One row per event: those sent once as they are, the others in the version that counts.
select
    events.event_id,
    events.visitor_id,
    events.occurred_at,
    events.known_at,
    events.customer_id,
    events.event_type,
    events.page_path,
    events.product_id,
    events.utm_source,
    events.utm_medium,
    events.utm_campaign,
    events.device
from {{ ref('stg_events') }} as events
left join {{ ref('int_events__repeated') }} as repeated
    on events.event_id = repeated.event_id
where repeated.event_id is null
union all
select
    event_id,
    visitor_id,
    occurred_at,
    known_at,
    customer_id,
    event_type,
    page_path,
    product_id,
    utm_source,
    utm_medium,
    utm_campaign,
    device
from {{ ref('int_events__repeated') }}
