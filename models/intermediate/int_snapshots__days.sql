-- Counts of a customer's days of each kind, and the first and last of them, as each snapshot sees them.
with spans as (
    select
        *,
        known_from_date as known_date
    from {{ ref('int_customer_day_spans') }}
    where day_kind in ('purchase', 'active', 'visit', 'ticket', 'opened')
),

movements as (
    {{ movements('spans', ['day_kind', 'activity_date', 'known_to_date'], [30, 90, 365], until='known_to_date') }}
),

changes as (
    select
        customer_id,
        as_of_date,
        {{ change_of_days('purchase') }} as purchase_day_count,
        {{ change_of_days('purchase', 30) }} as purchase_days_30d,
        {{ change_of_days('purchase', 90) }} as purchase_days_90d,
        {{ change_of_days('purchase', 365) }} as purchase_days_365d,
        {{ change_of_days('active', 30) }} as active_days_30d,
        {{ change_of_days('active', 90) }} as active_days_90d,
        {{ lasting_day('min', 'purchase') }} as first_purchase_date,
        {{ lasting_day('max', 'purchase') }} as last_purchase_date,
        {{ lasting_day('max', 'visit') }} as last_visit_date,
        {{ lasting_day('max', 'ticket') }} as last_ticket_date,
        {{ lasting_day('max', 'opened') }} as last_opened_date
    from movements
    group by customer_id, as_of_date
),

-- a day that is undone later is looked up date by date: there are few
undone as (
    select
        spans.customer_id,
        days.date_day as as_of_date,
        {{ undone_day('min', 'purchase') }} as first_purchase_date,
        {{ undone_day('max', 'purchase') }} as last_purchase_date,
        {{ undone_day('max', 'visit') }} as last_visit_date,
        {{ undone_day('max', 'ticket') }} as last_ticket_date,
        {{ undone_day('max', 'opened') }} as last_opened_date
    from spans
    inner join {{ ref('int_days') }} as days
        on
            days.date_day >= spans.activity_date
            and days.date_day >= spans.known_from_date
            and days.date_day < spans.known_to_date
    where days.is_as_of_date
    group by spans.customer_id, days.date_day
)

select
    snapshots.customer_id,
    snapshots.as_of_date,
    {{ total_so_far('purchase_day_count', 'bigint') }},
    {{ total_so_far('purchase_days_30d', 'bigint') }},
    {{ total_so_far('purchase_days_90d', 'bigint') }},
    {{ total_so_far('purchase_days_365d', 'bigint') }},
    {{ total_so_far('active_days_30d', 'bigint') }},
    {{ total_so_far('active_days_90d', 'bigint') }},
    least(min(changes.first_purchase_date) over so_far, undone.first_purchase_date) as first_purchase_date,
    greatest(max(changes.last_purchase_date) over so_far, undone.last_purchase_date) as last_purchase_date,
    greatest(max(changes.last_visit_date) over so_far, undone.last_visit_date) as last_visit_date,
    greatest(max(changes.last_ticket_date) over so_far, undone.last_ticket_date) as last_ticket_date,
    greatest(max(changes.last_opened_date) over so_far, undone.last_opened_date) as last_opened_date
from {{ ref('int_snapshots') }} as snapshots
left join changes
    on
        snapshots.customer_id = changes.customer_id
        and snapshots.as_of_date = changes.as_of_date
left join undone
    on
        snapshots.customer_id = undone.customer_id
        and snapshots.as_of_date = undone.as_of_date
window so_far as (
    partition by snapshots.customer_id
    order by snapshots.as_of_date
    rows between unbounded preceding and current row
)
