select
    days.customer_id,
    days.as_of_date,
    days.active_days_30d,
    days.active_days_90d,
    totals.event_count_30d,
    totals.event_count_90d,
    totals.product_view_count_30d,
    totals.cart_count_30d,
    {{ days_between('days.last_visit_date', 'days.as_of_date') }} as days_since_last_visit,
    {{ share('3 * days.active_days_30d', 'days.active_days_90d') }} as activity_trend_ratio
from {{ ref('int_snapshots__days') }} as days
inner join {{ ref('int_snapshots__totals') }} as totals
    on
        days.customer_id = totals.customer_id
        and days.as_of_date = totals.as_of_date
