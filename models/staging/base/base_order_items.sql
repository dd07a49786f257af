{{ checked_rows(
    'order_items',
    rules=[
        ('unit_price is negative', "unit_price < 0"),
    ],
    parents=[('order_id', ref('stg_orders'), 'the order is unknown')]
) }}
