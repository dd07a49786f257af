select
    experiment_id,
    customer_id,
    variant,
    assigned_at,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_experiment_assignments') }}
where row_status = 'accepted'
