-- Without what a customer only looked at or was sent. The view is told by its rows: what reads it is not made anew
-- where somebody has only visited.
select
    customer_id,
    activity_date,
    known_date,
    order_count,
    gross_amount,
    discount_amount,
    refund_amount,
    margin_amount,
    ticket_count,
    complaint_count,
    low_review_count
from {{ ref('int_customer_days') }}
where
    order_count <> 0
    or gross_amount <> 0
    or discount_amount <> 0
    or refund_amount <> 0
    or margin_amount <> 0
    or ticket_count <> 0
    or complaint_count <> 0
    or low_review_count <> 0
