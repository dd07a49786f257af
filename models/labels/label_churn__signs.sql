select
    signs.customer_id,
    signs.as_of_date,
    signs.browsing_fall_since_date,
    signs.cart_abandoned_since_date,
    signs.long_gap_since_date,
    signs.ticket_since_date,
    signs.complaint_since_date,
    signs.unsubscribed_since_date,
    labels.is_churned,
    {{ buying_habit() }} as habit
from {{ ref('feat_customer__signs') }} as signs
inner join {{ ref('label_churn') }} as labels
    on
        signs.customer_id = labels.customer_id
        and signs.as_of_date = labels.as_of_date
inner join {{ ref('feat_customer__rfm') }} as rfm
    on
        signs.customer_id = rfm.customer_id
        and signs.as_of_date = rfm.as_of_date
where labels.is_churned is not null
