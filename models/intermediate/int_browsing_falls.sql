-- When a customer's visits were below what was usual: visit days of the last 30 days against those of the 60 before,
-- on every day on which either changes, as then known. Where hardly any visit was usual there is no fall.
with visits as (
    select
        customer_id,
        activity_date,
        greatest(activity_date, known_from_date) as seen_date,
        coalesce(known_to_date, date '9999-12-31') as undone_date
    from {{ ref('int_customer_day_spans') }}
    where day_kind = 'visit' and {{ is_of_changed_customer('int_customers__changes') }}
),

movements as (
    select
        customer_id,
        seen_date as moved_date,
        1 as recent_change,
        0 as usual_change
    from visits
    union all
    select
        customer_id,
        greatest(seen_date, least({{ add_days('activity_date', 30) }}, undone_date)),
        -1,
        1
    from visits
    union all
    select
        customer_id,
        greatest(seen_date, least({{ add_days('activity_date', 90) }}, undone_date)),
        0,
        -1
    from visits
),

moved as (
    select
        customer_id,
        moved_date,
        sum(recent_change) as recent_change,
        sum(usual_change) as usual_change
    from movements
    group by customer_id, moved_date
),

counted as (
    select
        customer_id,
        moved_date,
        sum(recent_change) over so_far as recent_days,
        sum(usual_change) over so_far as usual_days
    from moved
    window so_far as (
        partition by customer_id order by moved_date
        rows between unbounded preceding and current row
    )
),

judged as (
    select
        *,
        usual_days >= {{ var('sign_usual_days') }}
        and 2 * recent_days < {{ var('sign_fall_share') }} * usual_days as is_on
    from counted
),

spans as (
    {{ switched_spans('judged', ['customer_id']) }}
)

select
    customer_id,
    from_date,
    to_date
from spans
