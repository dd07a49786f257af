-- The state can change on a purchase day and on the few days that int_purchase_stretches names, and on no other: it is
-- told on these, and those that change nothing are left out.
with points as (
    {{ listed_numbers([1, 2, 3, 4, 5], 'point_number') }}
),

candidates as (
    select
        stretches.*,
        points.point_number,
        case points.point_number
            when 1 then stretches.purchase_date
            when 2 then stretches.young_until_date
            when 3 then stretches.loyal_until_date
            when 4 then stretches.at_risk_date
            when 5 then stretches.lapsed_date
        end as told_date
    from {{ ref('int_purchase_stretches') }} as stretches
    cross join points
),

told as (
    select
        customer_id,
        told_date,
        point_number,
        {{ lifecycle_state('told_date') }} as lifecycle_state,
        case when point_number = 1 then previous_purchase_date else purchase_date end as last_purchase_date
    from candidates
    where
        (point_number = 1 or told_date > purchase_date)
        and (next_purchase_date is null or told_date < next_purchase_date)
    union all
    select
        customers.customer_id,
        customers.first_known_date as told_date,
        cast(0 as bigint) as point_number,
        'lead' as lifecycle_state,
        cast(null as date) as last_purchase_date
    from {{ ref('int_customers') }} as customers
    left join {{ ref('int_purchase_days') }} as purchases
        on
            customers.customer_id = purchases.customer_id
            and purchases.purchase_number = 1
    where
        not customers.is_test
        and (purchases.purchase_date is null or customers.first_known_date < purchases.purchase_date)
),

in_order as (
    select
        told.*,
        lag(told.lifecycle_state) over (
            partition by told.customer_id order by told.told_date, told.point_number
        ) as previous_state
    from told
    cross join {{ ref('int_watermark') }} as watermark
    where told.told_date <= watermark.watermark_date
)

select
    customer_id,
    told_date as valid_from_date,
    lead(told_date) over (partition by customer_id order by told_date, point_number) as valid_to_date,
    lifecycle_state,
    previous_state,
    case
        when lifecycle_state = 'lead' then 'first_known'
        when lifecycle_state = 'new' then 'first_order'
        when point_number = 1 then 'order'
        when lifecycle_state in ('at_risk', 'lapsed') then 'silence'
        else 'time'
    end as triggered_by,
    {{ days_between('last_purchase_date', 'told_date') }} as silent_days
from in_order
where lifecycle_state is distinct from previous_state
