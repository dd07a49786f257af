-- What a kept customer is worth within the horizon H: the margin of the last year, at the same pace. Not known of
-- somebody who bought nothing in that year. No part of feat_customer__all: what is at stake is not to decide the risk.
select
    rfm.customer_id,
    rfm.as_of_date,
    case
        when rfm.frequency_count > 0
            then {{ as_amount('cast(customer_values.margin_365d_amount as double) * horizon.horizon_days / 365') }}
    end as kept_value_amount
from {{ ref('feat_customer__rfm') }} as rfm
inner join {{ ref('feat_customer__value') }} as customer_values
    on
        rfm.customer_id = customer_values.customer_id
        and rfm.as_of_date = customer_values.as_of_date
cross join {{ ref('int_churn_horizon') }} as horizon
