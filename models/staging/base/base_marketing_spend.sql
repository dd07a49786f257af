{{ checked_rows(
    'marketing_spend',
    rules=[
        ('amount is negative', "amount < 0"),
    ]
) }}
