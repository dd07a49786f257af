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
    -- no event of that business day is older, in any time zone
    {{ add_days('cast(occurred_at as date)', -1) }} as oldest_date
from {{ ref('stg_events') }}
where event_id in (select event_id from arrived_ids)
