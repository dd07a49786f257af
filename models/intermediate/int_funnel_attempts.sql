-- How far a visitor came from each visit on: within the session, and in this and later sessions within the window.
-- The steps are in order; made of sessions' first and last moments of each stage, never of events.
-- depends_on: {{ ref('int_visit_settings') }}
with sessions as (
    select *
    from {{ drawn_anew(
        'int_funnel_attempts', ref('int_visits'), 'session_date >= touched.attempts_from_date'
    ) }} as visits
    where not is_test
),

purchases as (
    {{ moments_with_what_follows('purchase') }}
),

checkouts as (
    {{ moments_with_what_follows('checkout', 'purchases') }}
),

carts as (
    {{ moments_with_what_follows('cart', 'checkouts') }}
),

product_views as (
    {{ moments_with_what_follows('product_view', 'carts') }}
),

visits as (
    {{ moments_with_what_follows('visit', 'product_views') }}
),

visitor_steps as (
    select
        session_id,
        {{ deepest_step(' <= reached_at + ' ~ days(var('funnel_window_days'))) }} as visitor_step
    from visits
),

with_carts as (
    select
        *,
        first_product_view_at as product_view_at,
        {{ stage_after('cart', 'first_product_view_at') }} as cart_at
    from sessions
),

with_checkouts as (
    select
        *,
        {{ stage_after('checkout', 'cart_at') }} as checkout_at
    from with_carts
),

with_purchases as (
    select
        *,
        {{ stage_after('purchase', 'checkout_at') }} as purchase_at
    from with_checkouts
)

select
    stepped.session_id,
    stepped.visitor_id,
    stepped.session_date,
    {{ deepest_step(' is not null') }} as session_step,
    visitor_steps.visitor_step,
    stepped.product_view_count > 0 as has_product_view,
    stepped.cart_count > 0 as has_cart,
    stepped.checkout_count > 0 as has_checkout,
    stepped.purchase_count > 0 as has_purchase
from with_purchases as stepped
inner join visitor_steps
    on stepped.session_id = visitor_steps.session_id
