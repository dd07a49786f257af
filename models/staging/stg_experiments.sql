select
    experiment_id,
    experiment_name,
    primary_metric,
    starts_at,
    ends_at,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_experiments') }}
where row_status = 'accepted'
