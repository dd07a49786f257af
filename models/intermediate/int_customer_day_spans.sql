-- When a customer's day counts as a purchase day, a visit and so on: from the day that became known until, rarely,
-- the day a correction undid it.
-- Few days have entries that became known later than others: only these are followed.
with days_told_again as (
    select
        customer_id,
        activity_date
    from {{ ref('int_customer_days') }}
    where {{ is_of_changed_customer('int_customers__changes') }}
    group by customer_id, activity_date
    having count(*) > 1
),

several as (
    select days.*
    from {{ ref('int_customer_days') }} as days
    inner join days_told_again
        on
            days.customer_id = days_told_again.customer_id
            and days.activity_date = days_told_again.activity_date
),

once as (
    select days.*
    from {{ ref('int_customer_days') }} as days
    left join days_told_again
        on
            days.customer_id = days_told_again.customer_id
            and days.activity_date = days_told_again.activity_date
    where
        days_told_again.customer_id is null
        and {{ is_of_changed_customer('int_customers__changes', 'days.customer_id') }}
),

entries as (
    {{ days_by_kind('several', '<> 0') }}
),

running as (
    select
        *,
        sum(quantity) over (
            partition by customer_id, day_kind, activity_date
            order by known_date
            rows between unbounded preceding and current row
        ) > 0 as is_counted
    from entries
),

changes as (
    select
        *,
        coalesce(lag(is_counted) over (
            partition by customer_id, day_kind, activity_date order by known_date
        ), false) as was_counted
    from running
),

spans as (
    select
        *,
        lead(known_date) over (
            partition by customer_id, day_kind, activity_date order by known_date
        ) as known_to_date
    from changes
    where is_counted <> was_counted
)

select
    customer_id,
    day_kind,
    activity_date,
    known_date as known_from_date,
    known_to_date
from spans
where is_counted
union all
select
    customer_id,
    day_kind,
    activity_date,
    known_date,
    cast(null as date)
from (
    {{ days_by_kind('once', '> 0') }}
) as told_once
