{{ checked_rows(
    'refunds',
    rules=[
        ('amount is negative', "amount < 0"),
    ],
    parents=[('order_id', ref('stg_orders'), 'the order is unknown')]
) }}
