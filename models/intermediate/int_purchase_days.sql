-- The purchase days that still count today, each with the next one.
with purchase_days as (
    select distinct
        spans.customer_id,
        spans.activity_date as purchase_date
    from {{ ref('int_customer_day_spans') }} as spans
    cross join {{ ref('int_watermark') }} as watermark
    where
        spans.day_kind = 'purchase'
        and (spans.known_to_date is null or spans.known_to_date > watermark.watermark_date)
        and spans.activity_date <= watermark.watermark_date
)

select
    customer_id,
    purchase_date,
    row_number() over (partition by customer_id order by purchase_date) as purchase_number,
    lead(purchase_date) over (partition by customer_id order by purchase_date) as next_purchase_date
from purchase_days
