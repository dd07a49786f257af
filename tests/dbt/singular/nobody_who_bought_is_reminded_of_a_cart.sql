-- Nor anybody who is a test or asked to be erased; and nobody is written to who unsubscribed or did not consent.
with orders as (
    select
        customer_id,
        max(ordered_at) as last_ordered_at
    from {{ ref('fct_orders') }}
    where is_valid
    group by customer_id
),

purchases as (
    select
        visitor_id,
        max(started_at) as last_started_at
    from {{ ref('fct_sessions') }}
    where
        is_converted
        and not is_test
        and started_at >= (select min(carts.carted_at) from {{ ref('fct_abandoned_carts') }} as carts)
    group by visitor_id
)

select carts.session_id
from {{ ref('fct_abandoned_carts') }} as carts
left join orders
    on carts.customer_id = orders.customer_id
left join purchases
    on carts.visitor_id = purchases.visitor_id
left join {{ ref('stg_customers') }} as customers
    on carts.customer_id = customers.customer_id
left join {{ ref('stg_erasure_requests') }} as erasure_requests
    on carts.customer_id = erasure_requests.customer_id
where
    orders.last_ordered_at >= carts.carted_at
    or purchases.last_started_at >= carts.carted_at
    or erasure_requests.customer_id is not null
    or customers.is_test
    or (carts.can_email and not coalesce(customers.email_consent, false))
    or (carts.can_sms and not coalesce(customers.sms_consent, false))
    or (carts.can_email and exists (
        select 1 from {{ ref('stg_campaign_messages') }} as messages
        where messages.customer_id = carts.customer_id and messages.unsubscribed_at is not null
    ))
union all
select max(session_id)
from {{ ref('fct_abandoned_carts') }}
where is_newest_cart
group by customer_id, case when customer_id is null then visitor_id end
having count(*) > 1
