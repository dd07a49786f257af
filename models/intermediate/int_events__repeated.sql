-- The version that counts of every event that was sent more than once; it is known from its first version on.
-- depends_on: {{ ref('int_events__arrived') }}
with sent as {{ not_materialized_unless_held('int_events__repeated') }} (
    select
        event_id,
        {{ row_hash(['event_id']) }} as id_hash
    from {{ arrived_or_all_events('int_events__repeated') }}
),

-- numbers are counted at half of what texts take; two ids may have one, so the ids themselves are counted after that
numbers as (
    select id_hash
    from sent
    group by id_hash
    having count(*) > 1
),

repeated as (
    select event_id
    from sent
    where id_hash in (select numbers.id_hash from numbers)
    group by event_id
    having count(*) > 1
),

ranked as (
    select
        versions.*,
        min(versions.known_at) over (partition by versions.event_id) as first_known_at,
        row_number() over (
            partition by versions.event_id
            order by
                versions.known_at desc nulls last,
                versions.loaded_at desc nulls last,
                versions.occurred_at desc,
                versions.visitor_id desc,
                versions.customer_id desc nulls first,
                versions.event_type desc,
                versions.page_path desc nulls first,
                versions.product_id desc nulls first,
                versions.utm_source desc nulls first,
                versions.utm_medium desc nulls first,
                versions.utm_campaign desc nulls first,
                versions.device desc nulls first
        ) as version_number
    from {{ ref('stg_events') }} as versions
    inner join repeated
        on versions.event_id = repeated.event_id
    where
        true
        {{ and_in_batches_of('versions.loaded_at', ref('int_events__arrived')) if is_held('int_events__repeated') }}
)

select
    event_id,
    visitor_id,
    occurred_at,
    first_known_at as known_at,
    customer_id,
    event_type,
    page_path,
    product_id,
    utm_source,
    utm_medium,
    utm_campaign,
    device
from ranked
where version_number = 1
