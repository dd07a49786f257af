-- To the last digit: what customers are worth is what their orders brought, and what they cost is what was spent.
with customers as (
    select
        coalesce(sum(net_revenue_amount), 0) as net_revenue_amount,
        coalesce(sum(historic_clv_amount), 0) as margin_amount,
        coalesce(sum(acquisition_cost_amount), 0) as acquisition_cost_amount
    from {{ ref('fct_customer_value') }}
),

orders as (
    select
        coalesce(sum(net_revenue_amount), 0) as net_revenue_amount,
        coalesce(sum(margin_amount), 0) as margin_amount
    from {{ ref('fct_orders') }}
    where customer_id is not null
),

spend as (
    select coalesce(sum(spend_amount), 0) as spend_amount
    from {{ ref('fct_channel_economics') }}
    where customer_count > 0 and is_matured
)

select 'customers do not add up to orders or spend' as problem
from customers
cross join orders
cross join spend
where
    customers.net_revenue_amount <> orders.net_revenue_amount
    or customers.margin_amount <> orders.margin_amount
    or customers.acquisition_cost_amount <> spend.spend_amount
