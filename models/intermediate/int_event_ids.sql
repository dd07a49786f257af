-- Which ids came in which load batch, as numbers. A refresh looks for what arrived among these, for an eighth of what
-- that takes among texts. Rows without a batch arrive at every run, and need not be looked for.
-- depends_on: {{ ref('int_events__arrived') }}, {{ ref('stg_events') }}
with batches as (
    select loaded_at from {{ ref('int_event_batches__arrived') }}
),

events as (
    select
        loaded_at,
        event_id
    from {{ arrived_or_all_events('int_event_ids') }}
    where loaded_at is not null
)

select
    loaded_at,
    {{ row_hash(['event_id']) }} as id_hash
from events
{{ where_held('int_event_ids', 'loaded_at in (select batches.loaded_at from batches)') }}
