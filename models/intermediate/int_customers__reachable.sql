-- Whom one may write to now: consent, an address, and no unsubscribing ever, also in the days after the watermark.
with unsubscribed as (
    select distinct customer_id from {{ ref('stg_campaign_messages') }}
    where unsubscribed_at is not null
)

select
    customers.customer_id,
    customers.is_test or customers.is_erasure_requested as is_left_alone,
    coalesce(customers.email_consent, false)
    and customers.email is not null
    and unsubscribed.customer_id is null as can_email,
    coalesce(customers.sms_consent, false) and customers.phone is not null as can_sms
from {{ ref('int_customers') }} as customers
left join unsubscribed
    on customers.customer_id = unsubscribed.customer_id
