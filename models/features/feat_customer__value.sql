-- What a kept customer is worth within the horizon H: the margin of the last year, at the same pace. Not known of
-- somebody who bought nothing in that year. No part of feat_customer__all: what is at stake is not to decide the risk.
select
    days.customer_id,
    days.as_of_date,
    totals.margin_365d_amount,
    case
        when days.purchase_days_365d > 0
            then {{ as_amount('cast(totals.margin_365d_amount as double) * horizon.horizon_days / 365') }}
    end as kept_value_amount
from {{ ref('int_snapshots__days') }} as days
inner join {{ ref('int_snapshots__totals') }} as totals
    on
        days.customer_id = totals.customer_id
        and days.as_of_date = totals.as_of_date
cross join {{ ref('int_churn_horizon') }} as horizon
