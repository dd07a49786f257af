-- An active day counts in a trailing window of w days from its own day until w days later, or until the customer's next
-- active day takes over: so a running sum of +1 and -1 counts every customer once, and its cost follows active days.
with changes as (
    {{ trailing_changes([1, 7, 28]) }}
),

moved as (
    select
        moved_date,
        {{ trailing_change(1) }} as dau_change,
        {{ trailing_change(7) }} as wau_change,
        {{ trailing_change(28) }} as mau_change
    from changes
    group by moved_date
),

running as (
    select
        days.date_day,
        row_number() over (order by days.date_day) as history_days,
        cast(coalesce(sum(moved.dau_change) over so_far, 0) as bigint) as dau,
        cast(coalesce(sum(moved.wau_change) over so_far, 0) as bigint) as wau,
        cast(coalesce(sum(moved.mau_change) over so_far, 0) as bigint) as mau
    from {{ ref('int_days') }} as days
    left join moved
        on days.date_day = moved.moved_date
    where days.date_day >= (select min(active_date) from {{ ref('int_active_days') }})
    window so_far as (order by days.date_day rows between unbounded preceding and current row)
),

averaged as (
    select
        *,
        sum(dau) over (order by date_day rows between 27 preceding and current row) as dau_28d
    from running
)

select
    date_day as activity_date,
    dau,
    case when history_days >= 7 then wau end as wau,
    case when history_days >= 28 then mau end as mau,
    case when history_days >= 28 then {{ share('dau_28d', '28 * mau') }} end as stickiness
from averaged
