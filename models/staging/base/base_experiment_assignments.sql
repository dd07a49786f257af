{{ checked_rows(
    'experiment_assignments'
) }}
