-- In heads: a row of the matrix sums to those it is of, and a month ends with the stocks the next begins with.
with sums as (
    select
        state_month,
        from_state,
        min(from_count) as from_count,
        sum(customer_count) as customer_count,
        count(*) as cell_count
    from {{ ref('fct_state_transitions') }}
    group by state_month, from_state
),

ended as (
    select
        state_month,
        to_state,
        sum(customer_count) as customer_count
    from {{ ref('fct_state_transitions') }}
    where is_matured
    group by state_month, to_state
)

select
    state_month,
    from_state
from sums
where (customer_count is not null and customer_count <> from_count) or cell_count <> 7
union all
select
    ended.state_month,
    ended.to_state
from ended
inner join sums
    on
        {{ months_between('ended.state_month', 'sums.state_month') }} = 1
        and ended.to_state = sums.from_state
where ended.customer_count <> sums.from_count
