select
    days.customer_id,
    days.as_of_date,
    {{ days_between('days.last_purchase_date', 'days.as_of_date') }} as recency_days,
    days.purchase_days_365d as frequency_count,
    totals.net_revenue_365d_amount as monetary_amount,
    days.purchase_day_count,
    totals.net_revenue_amount,
    {{ days_between('days.first_purchase_date', 'days.as_of_date') }} as tenure_days
from {{ ref('int_snapshots__days') }} as days
inner join {{ ref('int_snapshots__totals') }} as totals
    on
        days.customer_id = totals.customer_id
        and days.as_of_date = totals.as_of_date
