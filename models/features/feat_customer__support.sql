select
    totals.customer_id,
    totals.as_of_date,
    totals.ticket_count_90d,
    totals.ticket_count_365d,
    totals.complaint_count_365d,
    {{ days_between('days.last_ticket_date', 'days.as_of_date') }} as days_since_last_ticket,
    totals.review_count_365d,
    totals.low_review_count_365d
from {{ ref('int_snapshots__totals') }} as totals
inner join {{ ref('int_snapshots__days') }} as days
    on
        totals.customer_id = days.customer_id
        and totals.as_of_date = days.as_of_date
