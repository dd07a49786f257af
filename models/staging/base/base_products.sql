{{ checked_rows(
    'products',
    rules=[
        ('unit_cost is negative', "unit_cost < 0"),
    ]
) }}
