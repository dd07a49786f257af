-- H: the variable where it is set; else the 90th percentile of the gaps between purchase days, or 90 days where fewer
-- than 100 customers came back.
with gaps as (
    select
        customer_id,
        {{ days_between('purchase_date', 'next_purchase_date') }} as gap_days
    from {{ ref('int_purchase_days') }}
    where next_purchase_date is not null
),

measured as (
    select
        count(distinct customer_id) as returning_customer_count,
        cast(ceil(percentile_cont(0.9) within group (order by gap_days)) as bigint) as gap_p90_days
    from gaps
)

select
    returning_customer_count,
    gap_p90_days,
    cast(
        coalesce(
            {{ var('churn_horizon_days') or 'null' }},
            case when returning_customer_count >= 100 then gap_p90_days end,
            90
        ) as bigint
    ) as horizon_days,
    case
        when {{ var('churn_horizon_days') or 'null' }} is not null then 'variable'
        when returning_customer_count >= 100 then 'data'
        else 'default'
    end as horizon_source
from measured
