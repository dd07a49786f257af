{{ checked_rows(
    'campaign_messages',
    rules=[
        ('something happened before the message was sent', "least(delivered_at, opened_at, clicked_at, unsubscribed_at) < sent_at"),
    ]
) }}
