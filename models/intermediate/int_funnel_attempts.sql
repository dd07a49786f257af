-- How far a visitor came from each visit on: within the session, and in this and later sessions within the window.
-- The steps are in order; made of sessions' first and last moments of each stage, never of events.
-- depends_on: {{ ref('int_visit_settings') }}
with sessions as {{ not_materialized_unless_held('int_funnel_attempts') }} (
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
),

stepped as (
    select
        session_id,
        visitor_id,
        session_date,
        started_at,
        first_product_view_at,
        {{ deepest_step(' is not null') }} as session_step,
        product_view_count > 0 as has_product_view,
        cart_count > 0 as has_cart,
        checkout_count > 0 as has_checkout,
        purchase_count > 0 as has_purchase
    from with_purchases
),

-- a session has one moment of viewing, so its row stands for it; one without a view leads to nothing by itself
views_and_carts as (
    select
        *,
        coalesce(first_product_view_at, started_at) as reached_at,
        true as is_session,
        cast(null as timestamp) as cart_at,
        cast(null as timestamp) as checkout_at,
        cast(null as timestamp) as purchase_at
    from stepped
    union all
    select
        null as session_id,
        visitor_id,
        null as session_date,
        null as started_at,
        null as first_product_view_at,
        null as session_step,
        null as has_product_view,
        null as has_cart,
        null as has_checkout,
        null as has_purchase,
        reached_at,
        false as is_session,
        reached_at as cart_at,
        checkout_at,
        purchase_at
    from carts
),

views as (
    select
        *,
        {{ first_value_known('cart_at') }} over following as next_cart_at,
        {{ first_value_known('checkout_at') }} over following as next_checkout_at,
        {{ first_value_known('purchase_at') }} over following as next_purchase_at
    from views_and_carts
    window following as (
        partition by visitor_id order by reached_at asc, is_session desc
        rows between current row and unbounded following
    )
),

visits as (
    select
        session_id,
        visitor_id,
        session_date,
        started_at,
        session_step,
        has_product_view,
        has_cart,
        has_checkout,
        has_purchase,
        {{ first_value_known('first_product_view_at') }} over following as product_view_at,
        {{ first_value_known('case when first_product_view_at is not null then next_cart_at end') }}
            over following as cart_at,
        {{ first_value_known('case when first_product_view_at is not null then next_checkout_at end') }}
            over following as checkout_at,
        {{ first_value_known('case when first_product_view_at is not null then next_purchase_at end') }}
            over following as purchase_at
    from views
    where is_session
    window following as (
        partition by visitor_id order by started_at
        rows between current row and unbounded following
    )
),

attempts as (
    select
        session_id,
        visitor_id,
        session_date,
        session_step,
        {{ deepest_step(' <= started_at + ' ~ days(var('funnel_window_days'))) }} as visitor_step,
        has_product_view,
        has_cart,
        has_checkout,
        has_purchase
    from visits
)

select
    *,
    {{ row_hash([
        'session_id', 'session_step', 'visitor_step', 'has_product_view', 'has_cart', 'has_checkout', 'has_purchase'
    ]) }} as attempt_hash
from attempts
