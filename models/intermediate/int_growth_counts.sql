-- A customer's period with a purchase counts there, and in the next period as dormant unless that has one too.
with customer_periods as (
    {%- call(period) for_periods(['day', 'week', 'month']) %}
    select
        '{{ period }}' as period_type,
        customer_id,
        period_start_date,
        {{ previous_period_start(period, 'period_start_date') }} as previous_start_date,
        {{ next_period_start(period, 'period_start_date') }} as next_start_date
    from (
        select distinct
            customer_id,
            {{ period_start(period, 'purchase_date') }} as period_start_date
        from {{ ref('int_purchase_days') }}
    ) as periods
    {%- endcall %}
),

neighbours as (
    select
        *,
        lag(period_start_date) over by_period as active_before_date,
        lead(period_start_date) over by_period as active_after_date
    from customer_periods
    window by_period as (partition by period_type, customer_id order by period_start_date)
),

moves as (
    select
        period_type,
        period_start_date,
        case
            when active_before_date is null then 'new'
            when active_before_date = previous_start_date then 'retained'
            else 'resurrected'
        end as move
    from neighbours
    union all
    select
        period_type,
        next_start_date as period_start_date,
        'dormant' as move
    from neighbours
    where active_after_date is distinct from next_start_date
)

select
    period_type,
    period_start_date,
    count(*) filter (where move <> 'dormant') as active_count,
    count(*) filter (where move = 'new') as new_count,
    count(*) filter (where move = 'retained') as retained_count,
    count(*) filter (where move = 'resurrected') as resurrected_count,
    count(*) filter (where move = 'dormant') as dormant_count
from moves
group by period_type, period_start_date
