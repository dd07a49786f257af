{{ checked_rows(
    'orders',
    rules=[
        ('an amount is negative', "least(gross_amount, discount_amount, shipping_amount, tax_amount) < 0"),
        ('currency has no rate', has_no_rate(ref('currency_rates'))),
    ]
) }}
