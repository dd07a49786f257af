-- The raw events that cannot be used, by the batch they came in.
with batches as (
    select loaded_at from {{ ref('int_event_batches__arrived') }}
),

rejected as (
    select * from {{ ref('base_events') }}
    where
        is_rejected
        {{ and_in_batches_of('loaded_at', ref('int_event_batches__arrived')) if is_held('int_events__quarantined') }}
)

select
    event_id,
    loaded_at,
    rejection_reason,
    source_row
from rejected
{{ where_held('int_events__quarantined', 'exists (
    select 1 from batches where rejected.loaded_at is not distinct from batches.loaded_at
)') }}
