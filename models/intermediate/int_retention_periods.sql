with bounds as (
    select
        least(min(days.date_day), min(contracts.first_date)) as first_day,
        max(days.date_day) as last_day
    from {{ ref('int_days') }} as days
    cross join (select min(first_date) as first_date from {{ ref('int_contract_days') }}) as contracts
),

periods as (
    {{ numbered_periods('bounds', ['month', 'week']) }}
)

select * from periods
