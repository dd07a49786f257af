{# The raw tables, in the order of the contract. #}
{% macro raw_table_names() -%}
    {{ return([
        'customers', 'orders', 'order_items', 'refunds', 'products', 'events', 'campaigns', 'campaign_messages',
        'marketing_spend', 'support_tickets', 'reviews', 'subscriptions', 'experiments', 'experiment_assignments',
        'erasure_requests',
    ]) }}
{%- endmacro %}


{% macro conservation_of_all_tables() -%}
    {%- for table in raw_table_names() %}
    {{ conservation_of_events() if table == 'events' else conservation_of(table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro conservation_of(table) -%}
    select
        '{{ table }}' as table_name,
        {{ raw_row_count(table) }} as raw_row_count,
        (select count(*) from {{ ref('stg_' ~ table) }}) as accepted_count,
        count(*) filter (where row_status = 'duplicate') as duplicate_count,
        count(*) filter (where row_status = 'quarantined') as quarantined_count
    from {{ ref('base_' ~ table) }}
{%- endmacro %}


{# Events are judged batch by batch, counted once per event_id in visitors' days, and robots are found in sessions. #}
{% macro conservation_of_events() -%}
    select
        'events' as table_name,
        {{ raw_row_count('events') }} as raw_row_count,
        cast(sessions.human_count as bigint) as accepted_count,
        cast(batches.judged_count - batches.quarantined_count - days.event_count as bigint) as duplicate_count,
        cast(batches.quarantined_count + sessions.robot_count as bigint) as quarantined_count
    from (
        select
            coalesce(sum(row_count), 0) as judged_count,
            coalesce(sum(quarantined_count), 0) as quarantined_count
        from {{ ref('int_event_batches') }}
    ) as batches
    cross join (
        select coalesce(sum(event_count), 0) as event_count from {{ ref('int_event_days') }}
    ) as days
    cross join (
        select
            coalesce(sum(case when is_robot then 0 else event_count end), 0) as human_count,
            coalesce(sum(case when is_robot then event_count else 0 end), 0) as robot_count
        from {{ ref('int_sessions') }}
    ) as sessions
{%- endmacro %}


{% macro raw_row_count(table) -%}
    {%- set relation = raw(table) -%}
    {%- if execute and not adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
        cast(0 as bigint)
    {%- else -%}
        (select count(*) from {{ relation }})
    {%- endif -%}
{%- endmacro %}


{% macro quarantined_rows_of_all_tables() -%}
    {%- for table in raw_table_names() if table != 'events' %}
    select
        '{{ table }}' as table_name,
        {{ key_text(table) }} as row_key,
        rejection_reason as reason,
        source_row,
        cast(null as {{ dbt.type_string() }}) as file_name,
        cast(null as bigint) as line_number
    from {{ ref('base_' ~ table) }}
    where is_rejected
    union all
    {%- endfor %}
    select
        'events',
        event_id,
        rejection_reason,
        source_row,
        null,
        null
    from {{ ref('int_events__quarantined') }}
{%- endmacro %}


{% macro key_text(table) -%}
    {%- if execute -%}
    concat_ws('/'{% for column in raw_contract(table).key %}, cast({{ column }} as {{ dbt.type_string() }}){% endfor %})
    {%- else -%}
    null
    {%- endif -%}
{%- endmacro %}


{# The lines of loaded files that could not be read into a raw table. #}
{% macro rejected_lines() -%}
    select
        'file' as table_name,
        cast(null as {{ dbt.type_string() }}) as row_key,
        reason,
        line_text as source_row,
        file_name,
        line_number
    from {{ ref('stg_load_rejects') }}
{%- endmacro %}


{# For tests, ` and this key is one of those looked at`: one in 256, by its hash, so that it is the same ones every time. #}
{% macro and_drawn(column) -%}
    {%- if column %} and substr(md5({{ column }}), 1, 2) = '00'{% endif -%}
{%- endmacro %}


{# Whether nothing of what a churn model (`runs`) was fitted and calibrated on happened after a day. #}
{% macro is_out_of_sample(day) -%}
    {{ add_days('runs.deployed_last_train_date', 'runs.horizon_days') }} <= {{ day }}
    and {{ add_days('runs.deployed_calibration_date', 'runs.horizon_days') }} <= {{ day }}
{%- endmacro %}
