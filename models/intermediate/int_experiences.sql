-- The days on which something went badly for a customer, as we know it today.
with days as (
    select
        days.customer_id,
        days.activity_date,
        sum(days.complaint_count) as complaint_count,
        sum(days.low_review_count) as low_review_count,
        sum(days.refund_amount) as refund_amount
    from {{ ref('int_customer_days__dealings') }} as days
    cross join {{ ref('int_watermark') }} as watermark
    where days.known_date <= watermark.watermark_date and days.activity_date <= watermark.watermark_date
    group by days.customer_id, days.activity_date
)

select
    customer_id,
    activity_date as experience_date,
    'complaint' as experience
from days
where complaint_count > 0
union all
select
    customer_id,
    activity_date,
    'low review'
from days
where low_review_count > 0
union all
select
    customer_id,
    activity_date,
    'refund'
from days
where refund_amount > 0
