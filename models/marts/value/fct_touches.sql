-- A click and the visit it leads to are one touch: the click counts only where no visit of its channel begins, or is
-- under way, within a session's gap after it.
with visits as (
    select
        sessions.session_id as touch_id,
        sessions.customer_id,
        sessions.started_at as touched_at,
        sessions.ended_at,
        'visit' as touch_kind,
        coalesce(
            lower(campaigns.channel),
            mediums.channel,
            lower(sessions.utm_medium),
            case when sessions.utm_source is not null or sessions.utm_campaign is not null then 'referral' end,
            'direct'
        ) as channel,
        sessions.utm_campaign as campaign_id
    from {{ ref('fct_sessions') }} as sessions
    left join {{ ref('stg_campaigns') }} as campaigns
        on sessions.utm_campaign = campaigns.campaign_id
    left join {{ ref('utm_mediums') }} as mediums
        on lower(sessions.utm_medium) = mediums.utm_medium
    where sessions.customer_id is not null and not sessions.is_test
),

clicks as (
    select
        messages.message_id as touch_id,
        messages.customer_id,
        messages.clicked_at as touched_at,
        'click' as touch_kind,
        coalesce(lower(campaigns.channel), 'email') as channel,
        messages.campaign_id
    from {{ ref('stg_campaign_messages') }} as messages
    left join {{ ref('stg_campaigns') }} as campaigns
        on messages.campaign_id = campaigns.campaign_id
    left join {{ ref('int_customers') }} as customers
        on messages.customer_id = customers.customer_id
    where messages.clicked_at is not null and not coalesce(customers.is_test, false)
),

led_to_a_visit as (
    select distinct clicks.touch_id
    from clicks
    inner join visits
        on
            clicks.customer_id = visits.customer_id
            and clicks.channel = visits.channel
            and clicks.touched_at <= visits.ended_at
            and clicks.touched_at >= visits.touched_at - {{ minutes(var('session_gap_minutes')) }}
)

select
    visits.touch_kind,
    visits.touch_id,
    visits.customer_id,
    visits.touched_at,
    visits.channel,
    visits.campaign_id
from visits
union all
select
    clicks.touch_kind,
    clicks.touch_id,
    clicks.customer_id,
    clicks.touched_at,
    clicks.channel,
    clicks.campaign_id
from clicks
left join led_to_a_visit
    on clicks.touch_id = led_to_a_visit.touch_id
where led_to_a_visit.touch_id is null
