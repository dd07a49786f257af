select
    customer_id,
    valid_from_date,
    valid_to_date,
    lifecycle_state,
    previous_state,
    triggered_by,
    silent_days,
    valid_to_date is null as is_current
from {{ ref('int_customer_states') }}
