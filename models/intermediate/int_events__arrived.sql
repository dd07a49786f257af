-- Every version of every event that the arrived batches speak of. Where no rows are held yet, nothing needs replacing.
-- Older versions are found by one look at the ids of other batches; mostly there are none.
with arrived as (
    select events.*
    from {{ ref('stg_events') }} as events
    inner join {{ ref('int_event_batches__arrived') }} as batches
        on events.loaded_at is not distinct from batches.loaded_at
    where
        {{ is_anything_held() }}
        {{ and_in_arrived_batches('events.loaded_at', ref('int_event_batches__arrived')) if is_anything_held() == 'true' }}
),

told_before as (
    select events.event_id
    from {{ ref('base_events') }} as events
    left join {{ ref('int_event_batches__arrived') }} as batches
        on events.loaded_at is not distinct from batches.loaded_at
    where
        {{ is_anything_held() }}
        and batches.is_first_reading is null
        and events.event_id in (select arrived.event_id from arrived)
),

versions as (
    select * from arrived
    union all
    select events.*
    from {{ ref('stg_events') }} as events
    left join {{ ref('int_event_batches__arrived') }} as batches
        on events.loaded_at is not distinct from batches.loaded_at
    where batches.is_first_reading is null and events.event_id in (select told_before.event_id from told_before)
)

select
    *,
    {{ business_date('occurred_at') }} as activity_date,
    -- no event of that business day is older, in any time zone
    {{ add_days('cast(occurred_at as date)', -1) }} as oldest_date
from versions
