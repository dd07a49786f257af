-- An accepted order, line or refund that no model uses would be dropped in silence.
with orders as (
    select stg_orders.order_id as row_key
    from {{ ref('stg_orders') }} as stg_orders
    left join {{ ref('fct_orders') }} as fct_orders
        on stg_orders.order_id = fct_orders.order_id
    where fct_orders.order_id is null
),

line_counts as (
    select
        (select count(*) from {{ ref('stg_order_items') }}) as staged_count,
        (select coalesce(sum(line_count), 0) from {{ ref('fct_orders') }}) as used_count
),

refunds as (
    select
        (select coalesce(sum(amount), 0) from {{ ref('stg_refunds') }}) as staged_amount,
        (select coalesce(sum(own_refund), 0) from {{ ref('int_orders__current') }}) as used_amount
)

select concat('order ', row_key) as unused from orders
union all
select 'lines' as unused from line_counts
where staged_count <> used_count
union all
select 'refunds' as unused from refunds
where staged_amount <> used_amount
