-- A purchase day and the stretch of days until the next one, with the days on which the state can change within it.
-- A run is broken by a gap in which the customer ended a day at risk: who buys on the first such day never was. Only the
-- first run, and a run after a lapse, begin with young days: who was at risk is never new, nor reactivated, again.
with purchases as (
    select
        purchases.customer_id,
        purchases.purchase_date,
        purchases.next_purchase_date,
        purchases.purchase_number,
        lag(purchases.purchase_date) over by_date as previous_purchase_date,
        lag(purchases.purchase_date, {{ var('loyal_purchase_days') - 1 }}) over by_date as oldest_loyal_date,
        horizon.horizon_days,
        cast(floor({{ var('at_risk_share') }} * horizon.horizon_days) as bigint) as safe_days
    from {{ ref('int_purchase_days') }} as purchases
    cross join {{ ref('int_churn_horizon') }} as horizon
    window by_date as (partition by purchases.customer_id order by purchases.purchase_date)
),

gaps as (
    select
        *,
        {{ days_between('previous_purchase_date', 'purchase_date') }} - 1 as silent_days
    from purchases
),

runs as (
    select
        *,
        max(case when purchase_number = 1 or silent_days > safe_days then purchase_date end) over so_far as run_start_date,
        max(case when purchase_number = 1 or silent_days > horizon_days then purchase_date end) over so_far
            as young_start_date,
        max(case when silent_days > safe_days then purchase_date end) over so_far is null as is_first_run
    from gaps
    window so_far as (
        partition by customer_id
        order by purchase_date
        rows between unbounded preceding and current row
    )
)

select
    customer_id,
    purchase_date,
    purchase_number,
    previous_purchase_date,
    next_purchase_date,
    is_first_run,
    case
        when run_start_date = young_start_date
            then {{ add_days('young_start_date', var('new_days') + 1) }}
    end as young_until_date,
    {{ add_days('oldest_loyal_date', 365) }} as loyal_until_date,
    {{ add_days('purchase_date', 'safe_days + 1') }} as at_risk_date,
    {{ add_days('purchase_date', 'horizon_days + 1') }} as lapsed_date
from runs
