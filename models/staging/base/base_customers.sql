{{ checked_rows(
    'customers'
) }}
