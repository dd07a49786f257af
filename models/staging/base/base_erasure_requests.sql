{{ checked_rows(
    'erasure_requests'
) }}
