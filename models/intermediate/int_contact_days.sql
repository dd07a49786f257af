-- What messages, tickets and reviews add to a customer's day: one entry per happening, at its own time, visible from
-- when it was known until a correction of the row replaces it.
with happenings as (
    {{ happening('base_campaign_messages', 'sent_at', 'message_count') }}
    union all
    {{ happening('base_campaign_messages', 'opened_at', 'opened_count') }}
    union all
    {{ happening('base_campaign_messages', 'clicked_at', 'clicked_count') }}
    union all
    {{ happening('base_campaign_messages', 'unsubscribed_at', 'unsubscribe_count') }}
    union all
    {{ happening('base_support_tickets', 'opened_at', 'ticket_count') }}
    union all
    {{ happening('base_support_tickets', 'opened_at', 'complaint_count', "category = 'complaint'") }}
    union all
    {{ happening('base_support_tickets', 'closed_at', 'complaint_count',
        "rating <= 2 and category is distinct from 'complaint'") }}
    union all
    {{ happening('base_reviews', 'created_at', 'review_count') }}
    union all
    {{ happening('base_reviews', 'created_at', 'low_review_count', 'rating <= 2') }}
),

entries as (
    select customer_id, happening, activity_date, known_date, 1 as sign from happenings
    union all
    select customer_id, happening, activity_date, greatest(known_date, superseded_date), -1 from happenings
    where superseded_date is not null
)

select
    customer_id,
    activity_date,
    known_date,
    {{ happening_count('message_count') }},
    {{ happening_count('opened_count') }},
    {{ happening_count('clicked_count') }},
    {{ happening_count('unsubscribe_count') }},
    {{ happening_count('ticket_count') }},
    {{ happening_count('complaint_count') }},
    {{ happening_count('review_count') }},
    {{ happening_count('low_review_count') }}
from entries
group by customer_id, activity_date, known_date
