-- What the counts of a customer's days of each kind change by at each as-of date, and the first and last of the days that
-- enter then and are never undone.
with spans as {{ not_materialized_unless_held('int_snapshots') }} (
    select
        *,
        known_from_date as known_date
    from {{ ref('int_customer_day_spans') }}
    where day_kind in ('purchase', 'active', 'visit', 'ticket', 'opened') and {{ is_of_due_customer() }}
),

entered as {{ not_materialized_unless_held('int_snapshots') }} (
    {{ entering('spans', until='known_to_date') }}
),

movements as (
    {{ movements(
        'entered',
        ['day_kind', 'activity_date', 'known_to_date'],
        {30: "day_kind in ('purchase', 'active')", 90: "day_kind in ('purchase', 'active')", 365: "day_kind = 'purchase'"},
        until='known_to_date'
    ) }}
)

select
    customer_id,
    as_of_date,
    {{ change_of_days('purchase') }} as purchase_day_count,
    {{ change_of_days('purchase', 30) }} as purchase_days_30d,
    {{ change_of_days('purchase', 90) }} as purchase_days_90d,
    {{ change_of_days('purchase', 365) }} as purchase_days_365d,
    {{ change_of_days('active', 30) }} as active_days_30d,
    {{ change_of_days('active', 90) }} as active_days_90d,
    {{ lasting_day('min', 'purchase') }} as lasting_first_purchase_date,
    {{ lasting_day('max', 'purchase') }} as lasting_last_purchase_date,
    {{ lasting_day('max', 'visit') }} as lasting_last_visit_date,
    {{ lasting_day('max', 'ticket') }} as lasting_last_ticket_date,
    {{ lasting_day('max', 'opened') }} as lasting_last_opened_date
from movements
where {{ is_due() }}
group by customer_id, as_of_date
