select
    totals.customer_id,
    totals.as_of_date,
    totals.message_count_90d,
    totals.opened_count_90d,
    totals.clicked_count_90d,
    {{ share('totals.opened_count_90d', 'totals.message_count_90d') }} as open_rate_90d,
    {{ share('totals.clicked_count_90d', 'totals.message_count_90d') }} as click_rate_90d,
    cast(case when totals.unsubscribe_count > 0 then 1 else 0 end as bigint) as is_unsubscribed,
    {{ days_between('days.last_opened_date', 'days.as_of_date') }} as days_since_last_open
from {{ ref('int_snapshots__totals') }} as totals
inner join {{ ref('int_snapshots__days') }} as days
    on
        totals.customer_id = days.customer_id
        and totals.as_of_date = days.as_of_date
