-- How many sessions, and how many visitors by their furthest visit, came how far in each week and month that is due.
with sessions as (
    {%- call(period) for_periods(['week', 'month']) %}
    select
        due.period_type,
        due.period_start_date,
        due.fingerprint,
        attempts.visitor_id,
        attempts.session_step,
        attempts.visitor_step,
        attempts.has_product_view,
        attempts.has_cart,
        attempts.has_checkout,
        attempts.has_purchase
    from {{ ref('int_funnel_attempts') }} as attempts
    inner join {{ ref('int_funnel_reach__due') }} as due
        on {{ period_start(period, 'attempts.session_date') }} = due.period_start_date
    where due.period_type = '{{ period }}'
    {%- endcall %}
),

visitors as (
    select
        period_type,
        period_start_date,
        visitor_id,
        max(fingerprint) as fingerprint,
        max(visitor_step) as reached_step,
        max(case when has_product_view then 1 else 0 end) as has_product_view,
        max(case when has_cart then 1 else 0 end) as has_cart,
        max(case when has_checkout then 1 else 0 end) as has_checkout,
        max(case when has_purchase then 1 else 0 end) as has_purchase
    from sessions
    group by period_type, period_start_date, visitor_id
)

select
    'session' as funnel_basis,
    period_type,
    period_start_date,
    max(fingerprint) as fingerprint,
    session_step as reached_step,
    count(*) as visit_count,
    count(*) filter (where has_product_view) as product_view_count,
    count(*) filter (where has_cart) as cart_count,
    count(*) filter (where has_checkout) as checkout_count,
    count(*) filter (where has_purchase) as purchase_count
from sessions
group by period_type, period_start_date, session_step
union all
select
    'visitor',
    period_type,
    period_start_date,
    max(fingerprint),
    reached_step,
    count(*),
    cast(sum(has_product_view) as bigint),
    cast(sum(has_cart) as bigint),
    cast(sum(has_checkout) as bigint),
    cast(sum(has_purchase) as bigint)
from visitors
group by period_type, period_start_date, reached_step
