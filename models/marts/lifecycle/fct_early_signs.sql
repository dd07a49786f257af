select
    signs.customer_id,
    signs.as_of_date,
    signs.browsing_fall_since_date,
    signs.cart_abandoned_since_date,
    signs.long_gap_since_date,
    signs.ticket_since_date,
    signs.complaint_since_date,
    signs.unsubscribed_since_date,
    {{ sign_count() }} as sign_count,
    {{ newest_sign_date() }} as newest_sign_date
from {{ ref('feat_customer__signs') }} as signs
inner join {{ ref('int_watermark') }} as watermark
    on signs.as_of_date = watermark.watermark_date
