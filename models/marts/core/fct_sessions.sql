-- A view, as int_visits is.
select
    session_id,
    visitor_id,
    customer_id,
    started_at,
    ended_at,
    session_date,
    event_count,
    page_view_count,
    product_view_count,
    cart_count,
    checkout_count,
    purchase_count,
    entry_page,
    exit_page,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    purchase_count > 0 as is_converted,
    is_test
from {{ ref('int_visits') }}
