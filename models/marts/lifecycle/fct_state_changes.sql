-- What marketing automation subscribes to, so nobody who asked to be erased is in it.
select
    states.customer_id,
    states.valid_from_date as changed_date,
    states.previous_state as from_state,
    states.lifecycle_state as to_state,
    states.triggered_by,
    states.silent_days,
    states.valid_to_date is null as is_current,
    states.valid_from_date = watermark.watermark_date as is_newest_day
from {{ ref('int_customer_states') }} as states
inner join {{ ref('int_customers') }} as customers
    on states.customer_id = customers.customer_id
cross join {{ ref('int_watermark') }} as watermark
where
    states.valid_from_date > {{ add_days('watermark.watermark_date', -var('state_change_days')) }}
    and not customers.is_erasure_requested
