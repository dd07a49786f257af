-- The ledger: which batches of events have been read into every table that is made of events, and with which settings.
-- It is advanced by a run that builds all of these tables; see macros/arrivals.sql.
-- depends_on: {{ ref('int_event_ids') }}, {{ ref('int_events__repeated') }}, {{ ref('int_event_days') }}
-- depends_on: {{ ref('int_sessions') }}, {{ ref('int_visit_days') }}, {{ ref('int_funnel_attempts') }}
-- depends_on: {{ ref('int_visitor_steps') }}
with quarantined as (
    select
        loaded_at,
        count(*) as quarantined_count
    from {{ ref('int_events__quarantined') }}
    group by loaded_at
)

select
    batches.loaded_at,
    batches.row_count,
    coalesce(quarantined.quarantined_count, 0) as quarantined_count,
    settings.built_with
from {{ ref('int_event_batches__arrived') }} as batches
cross join {{ ref('int_event_settings') }} as settings
left join quarantined
    on batches.loaded_at is not distinct from quarantined.loaded_at
where {{ is_everything_read() }}
