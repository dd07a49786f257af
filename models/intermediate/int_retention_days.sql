-- The days by which customers are retained: days with a purchase, and days with any activity that counts as active.
-- An order is an activity, so every purchase day is an active day too.
select
    'order' as cohort_basis,
    customer_id,
    purchase_date as activity_date,
    next_purchase_date as next_activity_date
from {{ ref('int_purchase_days') }}
union all
select
    'activity' as cohort_basis,
    customer_id,
    active_date as activity_date,
    next_active_date as next_activity_date
from {{ ref('int_active_days') }}
