{{ checked_rows(
    'orders',
    rules=[
        ('an amount is negative', "least(gross_amount, discount_amount, shipping_amount, tax_amount) < 0"),
    ],
    parents=[('currency', ref('currency_rates'), 'currency has no rate')]
) }}
