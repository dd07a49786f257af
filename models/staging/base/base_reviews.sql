{{ checked_rows(
    'reviews',
    rules=[
        ('rating is not 1 to 5', "rating not between 1 and 5"),
    ]
) }}
