-- Each month expects the customers of the month before and the mean arrivals, but for the last digits of the rates.
with months as (
    select
        months_ahead,
        min(origin_month) as origin_month,
        sum(expected_count) as expected_count
    from {{ ref('fct_state_forecast') }}
    group by months_ahead
),

arrivals as (
    select
        matrices.origin_month,
        sum(matrices.weight) as arrival_count
    from {{ ref('int_state_matrices') }} as matrices
    where matrices.from_state = {{ arrived() }} and matrices.to_state <> {{ arrived() }}
    group by matrices.origin_month
),

stocks as (
    select
        state_month,
        sum(customer_count) as customer_count
    from {{ ref('fct_state_transitions') }}
    where is_matured
    group by state_month
)

select months.months_ahead
from months
inner join arrivals
    on months.origin_month = arrivals.origin_month
inner join stocks
    on months.origin_month = stocks.state_month
where
    abs(months.expected_count - stocks.customer_count - months.months_ahead * arrivals.arrival_count)
    > 0.001 + 0.000001 * months.expected_count
