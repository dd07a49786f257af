-- Every version of every event that the arrived batches speak of: whose it is, when, and in which batch it came. Where no
-- rows are held yet, nothing needs replacing. Which other batches have older versions is found by one look at their ids;
-- mostly there are none.
with events as {{ not_materialized() }} (
    select
        event_id,
        loaded_at,
        visitor_id,
        customer_id,
        occurred_at
    from {{ ref('stg_events') }}
),

arrived as (
    select events.*
    from events
    inner join {{ ref('int_event_batches__arrived') }} as batches
        on events.loaded_at is not distinct from batches.loaded_at
    where
        {{ is_anything_held() }}
        {{ and_in_batches_of('events.loaded_at', ref('int_event_batches__arrived')) if is_anything_held() == 'true' }}
),

-- two ids may have one number: what is read of these batches is asked for the id itself
told_before as (
    select told.loaded_at
    from {{ ids_told_before() }} as told
    left join {{ ref('int_event_batches__arrived') }} as batches
        on told.loaded_at = batches.loaded_at
    where
        {{ is_anything_held() }}
        and batches.is_first_reading is null
        and told.id_hash in (select {{ row_hash(['arrived.event_id']) }} from arrived)
),

versions as (
    select * from arrived
    union all
    select events.*
    from events
    where
        events.loaded_at in (select told_before.loaded_at from told_before)
        and events.event_id in (select arrived.event_id from arrived)
)

select
    *,
    {{ business_date('occurred_at') }} as activity_date,
    -- no event of that business day is older, in any time zone
    {{ add_days('cast(occurred_at as date)', -1) }} as oldest_date
from versions
