-- The load batches whose raw events are not those that the ledger counts. Rows without loaded_at belong to no batch
-- and count as arrived at every run.
-- depends_on: {{ ref('int_event_settings') }}
with present as (
    select
        loaded_at,
        count(*) as row_count
    from {{ ref('base_events') }}
    group by loaded_at
),

ledger as (
    {{ held_rows('int_event_batches', {'loaded_at': 'timestamp', 'row_count': 'bigint'}) }}
)

select
    present.loaded_at,
    present.row_count,
    not exists (select 1 from ledger) as is_first_reading
from present
left join ledger
    on present.loaded_at = ledger.loaded_at
where ledger.row_count is distinct from present.row_count
