-- The days by which customers are retained: days with a purchase, and days with any activity that counts as active.
-- An order is an activity, so every purchase day is an active day too. Test customers are left out: they have no valid
-- order, but their visits are among customers' days.
with active_days as (
    select distinct
        spans.customer_id,
        spans.activity_date
    from {{ ref('int_customer_day_spans') }} as spans
    left join {{ ref('int_customers') }} as customers
        on spans.customer_id = customers.customer_id
    cross join {{ ref('int_watermark') }} as watermark
    where
        spans.day_kind = 'active'
        and not coalesce(customers.is_test, false)
        and (spans.known_to_date is null or spans.known_to_date > watermark.watermark_date)
        and spans.activity_date <= watermark.watermark_date
)

select
    'order' as cohort_basis,
    customer_id,
    purchase_date as activity_date
from {{ ref('int_purchase_days') }}
union all
select
    'activity' as cohort_basis,
    customer_id,
    activity_date
from active_days
