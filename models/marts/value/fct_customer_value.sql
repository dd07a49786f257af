-- A cohort's spend is shared out among its customers to the last digit: the rounded running share, less the one before.
with orders as (
    select
        customer_id,
        cast(sum(net_revenue_amount) as decimal(18, 4)) as net_revenue_amount,
        cast(sum(margin_amount) as decimal(18, 4)) as margin_amount
    from {{ ref('fct_orders') }}
    where customer_id is not null
    group by customer_id
),

tickets as (
    select
        customer_id,
        cast(sum(handling_cost_amount) as decimal(18, 4)) as ticket_cost_amount
    from {{ ref('stg_support_tickets') }}
    group by customer_id
),

messages as (
    select
        customer_id,
        cast(sum(cost_amount) as decimal(18, 4)) as message_cost_amount
    from {{ ref('stg_campaign_messages') }}
    group by customer_id
),

numbered as (
    select
        members.*,
        cohorts.spend_amount,
        cohorts.customer_count,
        row_number() over (
            partition by members.cohort_month, members.channel order by members.customer_id
        ) as member_number
    from {{ ref('int_acquired_customers') }} as members
    inner join {{ ref('int_channel_cohorts') }} as cohorts
        on
            members.cohort_month = cohorts.cohort_month
            and members.channel = cohorts.channel
    where cohorts.is_matured
),

acquisitions as (
    select
        customer_id,
        cast(
            {{ as_amount(share('spend_amount * member_number', 'customer_count')) }}
            - {{ as_amount(share('spend_amount * (member_number - 1)', 'customer_count')) }}
            as decimal(18, 4)
        ) as acquisition_cost_amount
    from numbered
),

parts as (
    select
        customers.customer_id,
        members.cohort_month,
        members.channel as acquisition_channel,
        coalesce(orders.net_revenue_amount, 0) as net_revenue_amount,
        coalesce(orders.margin_amount, 0) as margin_amount,
        acquisitions.acquisition_cost_amount,
        coalesce(tickets.ticket_cost_amount, 0) as ticket_cost_amount,
        coalesce(messages.message_cost_amount, 0) as message_cost_amount,
        predictions.as_of_date as predicted_as_of_date,
        predictions.horizon_days,
        predictions.alive_probability,
        predictions.expected_order_count,
        predictions.expected_margin_amount,
        predictions.clv_margin_365d_amount,
        predictions.next_order_date
    from {{ ref('int_customers') }} as customers
    left join {{ ref('int_acquired_customers') }} as members
        on customers.customer_id = members.customer_id
    left join orders
        on customers.customer_id = orders.customer_id
    left join acquisitions
        on customers.customer_id = acquisitions.customer_id
    left join tickets
        on customers.customer_id = tickets.customer_id
    left join messages
        on customers.customer_id = messages.customer_id
    left join {{ ref('pred_clv__latest') }} as predictions
        on customers.customer_id = predictions.customer_id
    where not customers.is_test
)

select
    customer_id,
    cohort_month,
    acquisition_channel,
    cast(net_revenue_amount as decimal(18, 4)) as net_revenue_amount,
    cast(net_revenue_amount - margin_amount as decimal(18, 4)) as goods_cost_amount,
    cast(margin_amount as decimal(18, 4)) as historic_clv_amount,
    acquisition_cost_amount,
    acquisition_cost_amount is not null as is_acquisition_cost_known,
    cast(ticket_cost_amount as decimal(18, 4)) as ticket_cost_amount,
    cast(message_cost_amount as decimal(18, 4)) as message_cost_amount,
    cast(ticket_cost_amount + message_cost_amount as decimal(18, 4)) as service_cost_amount,
    cast(
        margin_amount - coalesce(acquisition_cost_amount, 0) - ticket_cost_amount - message_cost_amount
        as decimal(18, 4)
    ) as net_clv_to_date_amount,
    predicted_as_of_date is not null as is_predicted,
    predicted_as_of_date,
    horizon_days,
    alive_probability,
    expected_order_count,
    expected_margin_amount,
    next_order_date,
    clv_margin_365d_amount,
    cast(
        margin_amount - coalesce(acquisition_cost_amount, 0) - ticket_cost_amount - message_cost_amount
        + clv_margin_365d_amount
        as decimal(18, 4)
    ) as net_clv_amount
from parts
