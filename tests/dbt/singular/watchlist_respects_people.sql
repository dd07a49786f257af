-- Nobody on the watchlist asked to be erased, is a test, or declined every channel; nobody who unsubscribed, be it
-- since the score, is called reachable by e-mail.
select watchlist.customer_id
from {{ ref('audience_churn_watchlist') }} as watchlist
left join {{ ref('stg_erasure_requests') }} as erasure_requests
    on watchlist.customer_id = erasure_requests.customer_id
left join {{ ref('stg_customers') }} as customers
    on watchlist.customer_id = customers.customer_id
where
    erasure_requests.customer_id is not null
    or customers.is_test
    or (not customers.email_consent and not customers.sms_consent)
    or (watchlist.can_email and exists (
        select 1 from {{ ref('stg_campaign_messages') }} as messages
        where messages.customer_id = watchlist.customer_id and messages.unsubscribed_at is not null
    ))
