-- The active days that still count today, each with the next one. Test customers' are not among them.
with active_days as (
    select distinct
        spans.customer_id,
        spans.activity_date as active_date
    from {{ ref('int_customer_day_spans') }} as spans
    inner join {{ ref('int_customers') }} as customers
        on spans.customer_id = customers.customer_id
    cross join {{ ref('int_watermark') }} as watermark
    where
        spans.day_kind = 'active'
        and (spans.known_to_date is null or spans.known_to_date > watermark.watermark_date)
        and spans.activity_date <= watermark.watermark_date
        and not customers.is_test
        and {{ is_of_changed_customer('int_customers__changes', 'spans.customer_id') }}
)

select
    customer_id,
    active_date,
    lead(active_date) over (partition by customer_id order by active_date) as next_active_date
from active_days
