-- Sessions are runs of neighbouring stretches without a gap between them. Most are one stretch and pass as they are;
-- only the others are joined.
with bounded as (
    select
        *,
        coalesce(
            started_at > lag(ended_at) over visits + {{ minutes(var('session_gap_minutes')) }}, true
        ) as is_first,
        coalesce(
            lead(started_at) over visits > ended_at + {{ minutes(var('session_gap_minutes')) }}, true
        ) as is_last
    from {{ ref('int_events__gathered') }}
    window visits as (partition by visitor_id order by stretch)
),

several as (
    select
        *,
        max(case when is_first then started_at end) over (
            partition by visitor_id order by stretch
            rows between unbounded preceding and current row
        ) as session_started_at
    from bounded
    where not (is_first and is_last)
),

sessions as (
    select {{ session_columns() }}
    from bounded
    where is_first and is_last
    union all
    select
        visitor_id,
        session_started_at,
        max(ended_at),
        sum(event_count),
        sum(page_view_count),
        sum(product_view_count),
        sum(cart_count),
        sum(checkout_count),
        sum(purchase_count),
        {{ merged_stage_moments() }},
        {{ first_known('entry_page', 'stretch') }},
        {{ last_known('exit_page', 'stretch') }},
        {{ first_known('utm_source', 'stretch') }},
        {{ first_known('utm_medium', 'stretch') }},
        {{ first_known('utm_campaign', 'stretch') }},
        {{ first_known('device', 'stretch') }},
        min(lowest_customer_id),
        max(highest_customer_id)
    from several
    group by visitor_id, session_started_at
)

select
    md5(concat(visitor_id, '|', cast(started_at as {{ dbt.type_string() }}))) as session_id,
    visitor_id,
    started_at,
    ended_at,
    {{ business_date('started_at') }} as session_date,
    cast(event_count as bigint) as event_count,
    cast(page_view_count as bigint) as page_view_count,
    cast(product_view_count as bigint) as product_view_count,
    cast(cart_count as bigint) as cart_count,
    cast(checkout_count as bigint) as checkout_count,
    cast(purchase_count as bigint) as purchase_count,
    first_product_view_at,
    first_cart_at,
    last_cart_at,
    first_checkout_at,
    last_checkout_at,
    first_purchase_at,
    last_purchase_at,
    entry_page,
    exit_page,
    utm_source,
    utm_medium,
    utm_campaign,
    device,
    case when lowest_customer_id = highest_customer_id then lowest_customer_id end as identified_customer_id,
    lowest_customer_id is not null as is_identified,
    (
        ended_at > started_at + {{ days(var('robot_session_days')) }}
        or event_count > {{ var('robot_session_events') }}
    ) as is_robot
from sessions
