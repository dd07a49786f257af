-- An id that is missing would hide an event's earlier version from a refresh.
with held as (
    select
        loaded_at,
        count(*) as id_count
    from {{ ref('int_event_ids') }}
    group by loaded_at
)

select batches.loaded_at
from {{ ref('int_event_batches') }} as batches
left join held
    on batches.loaded_at = held.loaded_at
where
    batches.loaded_at is not null
    and coalesce(held.id_count, 0) < batches.row_count - batches.quarantined_count
