{{ checked_rows(
    'events',
    rules=[
        ('the event has no visitor', "coalesce(anonymous_id, customer_id) is null"),
    ],
    versions=false
) }}
