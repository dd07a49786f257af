with sold as (
    select
        items.product_id,
        cast(sum(items.quantity) as decimal(18, 4)) as sold_quantity,
        count(distinct orders.order_id) as order_count
    from {{ ref('stg_order_items') }} as items
    inner join {{ ref('int_orders__current') }} as orders
        on items.order_id = orders.order_id
    where orders.is_valid and items.product_id is not null
    group by items.product_id
),

everything as (
    select product_id from {{ ref('stg_products') }}
    union distinct
    select product_id from sold
)

select
    everything.product_id,
    products.product_name,
    products.category,
    products.brand,
    products.list_price,
    products.unit_cost,
    coalesce(sold.order_count, 0) as order_count,
    cast(coalesce(sold.sold_quantity, 0) as decimal(18, 4)) as sold_quantity
from everything
left join {{ ref('stg_products') }} as products
    on everything.product_id = products.product_id
left join sold
    on everything.product_id = sold.product_id
