-- Whoever bought after the cart is not here, by whatever is known: the device's purchases, the customer's on any device,
-- and the customer's orders, which count for their whole day because some sources know no more than the day.
with first_days as (
    select {{ add_days('watermark_date', 1 - var('cart_feed_days')) }} as first_date
    from {{ ref('int_watermark') }}
),

-- what ended before the first cart that counts holds neither such a cart nor a purchase after one. The day before, in UTC,
-- is as early in any time zone, and lets the engine pass over what is older
sessions as (
    select visits.*
    from {{ ref('int_visits') }} as visits
    cross join first_days
    where
        not visits.is_test
        and (visits.last_cart_at is not null or visits.last_purchase_at is not null)
        and {{ business_date('visits.ended_at') }} >= first_days.first_date
        and visits.ended_at >= (select {{ add_days('first_days.first_date', -1) }} from first_days)
),

device_purchases as (
    select
        visitor_id,
        max(last_purchase_at) as last_purchase_at
    from sessions
    group by visitor_id
),

customer_purchases as (
    select
        customer_id,
        max(last_purchase_at) as last_purchase_at
    from sessions
    where customer_id is not null
    group by customer_id
),

customer_orders as (
    select
        customer_id,
        max(ordered_date) as last_ordered_date
    from {{ ref('int_orders__current') }}
    where is_sale and ordered_date >= (select first_days.first_date from first_days)
    group by customer_id
),

carts as (
    select
        sessions.session_id,
        sessions.visitor_id,
        sessions.customer_id,
        sessions.last_cart_at as carted_at,
        sessions.last_cart_at + {{ minutes(60 * var('cart_wait_hours')) }} as abandoned_at,
        sessions.cart_count,
        sessions.checkout_count > 0 as is_checkout_started,
        sessions.exit_page,
        sessions.device,
        coalesce(people.can_email, false) as can_email,
        coalesce(people.can_sms, false) as can_sms,
        watermark.watermark_date,
        row_number() over (
            partition by sessions.customer_id, case when sessions.customer_id is null then sessions.visitor_id end
            order by sessions.last_cart_at desc, sessions.session_id asc
        ) = 1 as is_newest_cart
    from sessions
    cross join {{ ref('int_watermark') }} as watermark
    cross join first_days
    left join device_purchases
        on sessions.visitor_id = device_purchases.visitor_id
    left join customer_purchases
        on sessions.customer_id = customer_purchases.customer_id
    left join customer_orders
        on sessions.customer_id = customer_orders.customer_id
    left join {{ ref('int_customers__reachable') }} as people
        on sessions.customer_id = people.customer_id
    where
        {{ business_date('sessions.last_cart_at') }} <= watermark.watermark_date
        and {{ business_date('sessions.last_cart_at') }} >= first_days.first_date
        and coalesce(device_purchases.last_purchase_at < sessions.last_cart_at, true)
        and coalesce(customer_purchases.last_purchase_at < sessions.last_cart_at, true)
        and coalesce(customer_orders.last_ordered_date < {{ business_date('sessions.last_cart_at') }}, true)
        and not coalesce(people.is_left_alone, false)
)

select
    session_id,
    visitor_id,
    customer_id,
    carted_at,
    case when {{ business_date('abandoned_at') }} <= watermark_date then abandoned_at end as abandoned_at,
    cart_count,
    is_checkout_started,
    exit_page,
    device,
    can_email,
    can_sms,
    can_email or can_sms as is_contactable,
    is_newest_cart,
    {{ business_date('abandoned_at') }} <= watermark_date as is_matured
from carts
