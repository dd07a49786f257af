{{ checked_rows(
    'subscriptions',
    rules=[
        ('ended before it started', "ended_at < started_at"),
    ]
) }}
