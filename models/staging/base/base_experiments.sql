{{ checked_rows(
    'experiments',
    rules=[
        ('ended before it started', "ends_at < starts_at"),
    ]
) }}
