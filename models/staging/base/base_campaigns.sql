{{ checked_rows(
    'campaigns',
    rules=[
        ('ended before it started', "ends_at < starts_at"),
    ]
) }}
