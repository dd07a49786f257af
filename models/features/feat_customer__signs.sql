with held as (
    select
        spans.customer_id,
        days.date_day as as_of_date,
        {{ sign_since('browsing_fall') }},
        {{ sign_since('cart_abandoned') }},
        {{ sign_since('ticket') }},
        {{ sign_since('complaint') }},
        {{ sign_since('unsubscribed') }}
    from {{ ref('int_sign_spans') }} as spans
    inner join {{ ref('int_days') }} as days
        on
            days.date_day >= spans.from_date
            and days.date_day < coalesce(spans.to_date, date '9999-12-31')
    where days.is_as_of_date
    group by spans.customer_id, days.date_day
)

select
    rfm.customer_id,
    rfm.as_of_date,
    held.browsing_fall_since_date,
    held.cart_abandoned_since_date,
    case
        when rfm.recency_days >= {{ long_gap_days() }}
            then {{ add_days('rfm.as_of_date', long_gap_days() ~ ' - rfm.recency_days') }}
    end as long_gap_since_date,
    held.ticket_since_date,
    held.complaint_since_date,
    held.unsubscribed_since_date
from {{ ref('feat_customer__rfm') }} as rfm
inner join {{ ref('feat_customer__rhythm') }} as rhythm
    on
        rfm.customer_id = rhythm.customer_id
        and rfm.as_of_date = rhythm.as_of_date
left join held
    on
        rfm.customer_id = held.customer_id
        and rfm.as_of_date = held.as_of_date
