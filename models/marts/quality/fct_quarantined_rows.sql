with quarantined as (
    {{ quarantined_rows_of_all_tables() }}
    union all
    select
        'events' as table_name,
        events.event_id as row_key,
        'robot: the session is too long or has too many events' as reason,
        {{ row_as_json(['event_id', 'visitor_id', 'occurred_at', 'customer_id', 'event_type', 'page_path'], 'events') }}
            as source_row,
        cast(null as {{ dbt.type_string() }}) as file_name,
        cast(null as bigint) as line_number
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_sessions') }} as sessions
        on
            events.visitor_id = sessions.visitor_id
            and events.occurred_at between sessions.started_at and sessions.ended_at
    where sessions.is_robot
    union all
    {{ rejected_lines() }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by table_name, row_key, reason, source_row, file_name, line_number
            order by table_name
        ) as copy_number
    from quarantined
)

select
    md5(concat_ws(
        '|', table_name, coalesce(row_key, ''), reason, coalesce(source_row, ''), coalesce(file_name, ''),
        cast(coalesce(line_number, 0) as {{ dbt.type_string() }}), cast(copy_number as {{ dbt.type_string() }})
    )) as quarantine_id,
    table_name,
    row_key,
    reason,
    source_row,
    file_name,
    line_number
from numbered
