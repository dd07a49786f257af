-- A day that is undone later counts until then. It is looked up date by date: there are few.
select
    spans.customer_id,
    days.date_day as as_of_date,
    {{ undone_day('min', 'purchase') }} as first_purchase_date,
    {{ undone_day('max', 'purchase') }} as last_purchase_date,
    {{ undone_day('max', 'visit') }} as last_visit_date,
    {{ undone_day('max', 'ticket') }} as last_ticket_date,
    {{ undone_day('max', 'opened') }} as last_opened_date
from {{ ref('int_customer_day_spans') }} as spans
inner join {{ ref('int_days') }} as days
    on
        days.date_day >= spans.activity_date
        and days.date_day >= spans.known_from_date
        and days.date_day < spans.known_to_date
inner join {{ ref('int_snapshots__due') }} as due
    on
        spans.customer_id = due.customer_id
        and days.date_day = due.as_of_date
where spans.known_to_date is not null and days.is_as_of_date
group by spans.customer_id, days.date_day
