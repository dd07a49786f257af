-- Every version of every event that the arrived batches speak of. Where no rows are held yet, nothing needs replacing.
with arrived_ids as (
    select distinct events.event_id
    from {{ ref('stg_events') }} as events
    inner join {{ ref('int_event_batches__arrived') }} as batches
        on events.loaded_at is not distinct from batches.loaded_at
    where {{ is_anything_held() }}
)

select
    *,
    {{ business_date('occurred_at') }} as activity_date,
    -- in any time zone
    {{ dbt.dateadd('day', -1, dbt.date_trunc('day', 'occurred_at')) }} as day_started_at
from {{ ref('stg_events') }}
where event_id in (select event_id from arrived_ids)
