-- How many sessions, and how many visitors by their furthest visit, came how far in each week and month that is due.
with days as (
    select
        session_date,
        session_step,
        count(*) as visit_count,
        count(*) filter (where has_product_view) as product_view_count,
        count(*) filter (where has_cart) as cart_count,
        count(*) filter (where has_checkout) as checkout_count,
        count(*) filter (where has_purchase) as purchase_count
    from {{ ref('int_funnel_attempts') }}
    where session_date >= (select min(due.period_start_date) from {{ ref('int_funnel_reach__due') }} as due)
    group by session_date, session_step
),

visitors as (
    {%- call(period) for_periods(['week', 'month']) %}
    select
        due.period_type,
        due.period_start_date,
        attempts.visitor_id,
        max(attempts.visitor_step) as reached_step,
        bool_or(attempts.has_product_view) as has_product_view,
        bool_or(attempts.has_cart) as has_cart,
        bool_or(attempts.has_checkout) as has_checkout,
        bool_or(attempts.has_purchase) as has_purchase
    from {{ ref('int_funnel_attempts') }} as attempts
    inner join {{ ref('int_funnel_reach__due') }} as due
        on {{ period_start(period, 'attempts.session_date') }} = due.period_start_date
    where
        due.period_type = '{{ period }}'
        and attempts.session_date >= (select min(due.period_start_date) from {{ ref('int_funnel_reach__due') }} as due)
    group by due.period_type, due.period_start_date, attempts.visitor_id
    {%- endcall %}
),

reach as (
    {%- call(period) for_periods(['week', 'month']) %}
    select
        'session' as funnel_basis,
        due.period_type,
        due.period_start_date,
        days.session_step as reached_step,
        cast(sum(days.visit_count) as bigint) as visit_count,
        cast(sum(days.product_view_count) as bigint) as product_view_count,
        cast(sum(days.cart_count) as bigint) as cart_count,
        cast(sum(days.checkout_count) as bigint) as checkout_count,
        cast(sum(days.purchase_count) as bigint) as purchase_count
    from days
    inner join {{ ref('int_funnel_reach__due') }} as due
        on {{ period_start(period, 'days.session_date') }} = due.period_start_date
    where due.period_type = '{{ period }}'
    group by due.period_type, due.period_start_date, days.session_step
    {%- endcall %}
    union all
    select
        'visitor',
        period_type,
        period_start_date,
        reached_step,
        count(*),
        count(*) filter (where has_product_view),
        count(*) filter (where has_cart),
        count(*) filter (where has_checkout),
        count(*) filter (where has_purchase)
    from visitors
    group by period_type, period_start_date, reached_step
)

select
    reach.funnel_basis,
    reach.period_type,
    reach.period_start_date,
    due.fingerprint,
    reach.reached_step,
    reach.visit_count,
    reach.product_view_count,
    reach.cart_count,
    reach.checkout_count,
    reach.purchase_count
from reach
inner join {{ ref('int_funnel_reach__due') }} as due
    on
        reach.period_type = due.period_type
        and reach.period_start_date = due.period_start_date
