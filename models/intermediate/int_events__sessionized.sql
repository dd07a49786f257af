-- Batches that arrived since the last run touch some visitors: all events of these visitors are read back,
-- the newest version of each event is kept, and their sessions are drawn anew.
with incoming as (
    select * from {{ incoming_events() }}
),

held as (
    select * from {{ held_events_of_touched_visitors('incoming') }}
),

versions as (
    select * from incoming
    union all
    select * from held
),

repeated as (
    select event_id
    from versions
    group by event_id
    having count(*) > 1
),

-- few events have several versions: only these are ranked
ranked as (
    select
        versions.*,
        min(known_at) over (partition by event_id) as first_known_at,
        row_number() over (
            partition by event_id
            order by
                version_known_at desc nulls last, loaded_at desc nulls last, occurred_at desc, visitor_id desc,
                customer_id desc, event_type desc, page_path desc, product_id desc, utm_source desc, utm_medium desc,
                utm_campaign desc, device desc
        ) as version_number
    from versions
    where event_id in (select event_id from repeated)
),

events as (
    select
        {{ event_columns() }},
        known_at as first_known_at
    from versions
    where event_id not in (select event_id from repeated)
    union all
    select
        {{ event_columns() }},
        first_known_at
    from ranked
    where version_number = 1
),

gaps as (
    select
        *,
        lag(occurred_at) over visits as previous_at,
        row_number() over visits as event_number
    from events
    window visits as (partition by visitor_id order by occurred_at, event_id)
),

starts as (
    select
        *,
        max(
            case
                when previous_at is null or occurred_at > previous_at + {{ minutes(var('session_gap_minutes')) }}
                    then occurred_at
            end
        ) over (
            partition by visitor_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as session_started_at
    from gaps
)

select
    event_id,
    visitor_id,
    md5(concat(visitor_id, '|', cast(session_started_at as {{ dbt.type_string() }}))) as session_id,
    event_number,
    occurred_at,
    {{ business_date('occurred_at') }} as activity_date,
    first_known_at as known_at,
    {{ business_date('first_known_at') }} as known_date,
    customer_id,
    event_type,
    page_path,
    product_id,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    version_known_at,
    loaded_at,
    '{{ event_settings() }}' as built_with
from starts
