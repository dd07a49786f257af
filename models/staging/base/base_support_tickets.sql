{{ checked_rows(
    'support_tickets',
    rules=[
        ('rating is not 1 to 5', "rating not between 1 and 5"),
        ('answered before it was opened', "first_response_at < opened_at"),
        ('closed before it was opened', "closed_at < opened_at"),
    ]
) }}
