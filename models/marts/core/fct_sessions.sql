-- A view: who a device belongs to may become known later, and then says so for all of its sessions at no cost.
select
    sessions.session_id,
    sessions.visitor_id,
    case
        when sessions.is_identified then sessions.identified_customer_id
        when visitors.customer_count = 1 then visitors.customer_id
    end as customer_id,
    sessions.started_at,
    sessions.ended_at,
    sessions.session_date,
    sessions.event_count,
    sessions.page_view_count,
    sessions.product_view_count,
    sessions.cart_count,
    sessions.checkout_count,
    sessions.purchase_count,
    sessions.entry_page,
    sessions.exit_page,
    sessions.utm_source,
    sessions.utm_medium,
    sessions.utm_campaign,
    sessions.device,
    sessions.purchase_count > 0 as is_converted
from {{ ref('int_sessions') }} as sessions
left join {{ ref('int_visitors') }} as visitors
    on sessions.visitor_id = visitors.visitor_id
where not sessions.is_robot
