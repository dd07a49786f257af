select
    rfm.customer_id,
    rfm.as_of_date,
    rfm.recency_days,
    rfm.frequency_count,
    rfm.monetary_amount,
    rfm.purchase_day_count,
    rfm.net_revenue_amount,
    rfm.tenure_days,
    rhythm.typical_gap_days,
    rhythm.gap_ratio,
    rhythm.purchase_days_30d,
    rhythm.purchase_days_90d,
    rhythm.order_count_365d,
    rhythm.net_revenue_90d_amount,
    rhythm.average_order_amount,
    rhythm.discount_rate_365d,
    rhythm.refund_rate_365d,
    engagement.active_days_30d,
    engagement.active_days_90d,
    engagement.event_count_30d,
    engagement.event_count_90d,
    engagement.product_view_count_30d,
    engagement.cart_count_30d,
    engagement.days_since_last_visit,
    engagement.activity_trend_ratio,
    support.ticket_count_90d,
    support.ticket_count_365d,
    support.complaint_count_365d,
    support.days_since_last_ticket,
    support.review_count_365d,
    support.low_review_count_365d,
    messages.message_count_90d,
    messages.opened_count_90d,
    messages.clicked_count_90d,
    messages.open_rate_90d,
    messages.click_rate_90d,
    messages.is_unsubscribed,
    messages.days_since_last_open
from {{ ref('feat_customer__rfm') }} as rfm
inner join {{ ref('feat_customer__rhythm') }} as rhythm
    on
        rfm.customer_id = rhythm.customer_id
        and rfm.as_of_date = rhythm.as_of_date
inner join {{ ref('feat_customer__engagement') }} as engagement
    on
        rfm.customer_id = engagement.customer_id
        and rfm.as_of_date = engagement.as_of_date
inner join {{ ref('feat_customer__support') }} as support
    on
        rfm.customer_id = support.customer_id
        and rfm.as_of_date = support.as_of_date
inner join {{ ref('feat_customer__messages') }} as messages
    on
        rfm.customer_id = messages.customer_id
        and rfm.as_of_date = messages.as_of_date
