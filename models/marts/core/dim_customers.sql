with newest_rfm as (
    select rfm.*
    from {{ ref('fct_customer_rfm') }} as rfm
    inner join {{ ref('int_watermark') }} as watermark
        on rfm.as_of_date = watermark.watermark_date
),

orders as (
    select
        customer_id,
        count(*) filter (where is_valid) as order_count,
        cast(sum(net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(sum(margin_amount) as decimal(18, 4)) as margin_amount
    from {{ ref('fct_orders') }}
    group by customer_id
)

select
    customers.customer_id,
    customers.full_name,
    customers.email,
    customers.phone,
    customers.country,
    customers.city,
    customers.acquisition_channel,
    customers.referred_by_customer_id,
    customers.created_at,
    customers.first_known_date,
    customers.email_consent,
    customers.sms_consent,
    customers.is_test,
    customers.is_erasure_requested,
    today.lifecycle_state,
    today.first_purchase_date,
    today.last_purchase_date,
    today.purchase_day_count,
    today.recency_days,
    coalesce(orders.order_count, 0) as order_count,
    cast(coalesce(orders.net_revenue_amount, 0) as decimal(18, 4)) as net_revenue_amount,
    cast(coalesce(orders.margin_amount, 0) as decimal(18, 4)) as margin_amount,
    newest_rfm.r_score,
    newest_rfm.f_score,
    newest_rfm.m_score,
    newest_rfm.rfm_segment,
    scores.customer_id is not null as is_scored,
    scores.as_of_date as scored_as_of_date,
    scores.churn_probability,
    scores.risk_band,
    scores.reason_1,
    scores.reason_2,
    scores.reason_3,
    segments.segment_id,
    segments.segment_name,
    segments.segment_confidence,
    segments.is_unusual,
    segments.as_of_date as segmented_as_of_date,
    predictions.as_of_date as value_as_of_date,
    predictions.alive_probability,
    predictions.clv_margin_365d_amount,
    predictions.next_order_date
from {{ ref('int_customers') }} as customers
left join {{ ref('int_customers__today') }} as today
    on customers.customer_id = today.customer_id
left join orders
    on customers.customer_id = orders.customer_id
left join newest_rfm
    on customers.customer_id = newest_rfm.customer_id
left join {{ ref('pred_churn__latest') }} as scores
    on customers.customer_id = scores.customer_id
left join {{ ref('pred_segment__latest') }} as segments
    on customers.customer_id = segments.customer_id
left join {{ ref('pred_clv__latest') }} as predictions
    on customers.customer_id = predictions.customer_id
