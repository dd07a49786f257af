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


{# Events are de-duplicated where they are sessionized, and robots are found there. #}
{% macro conservation_of_events() -%}
    select
        'events' as table_name,
        {{ raw_row_count('events') }} as raw_row_count,
        (
            select count(*) from {{ ref('int_events__sessionized') }} as events
            inner join {{ ref('int_sessions') }} as sessions on events.session_id = sessions.session_id
            where not sessions.is_robot
        ) as accepted_count,
        count(*) filter (where row_status = 'accepted')
        - count(distinct case when row_status = 'accepted' then event_id end) as duplicate_count,
        count(*) filter (where row_status = 'quarantined') + (
            select count(*) from {{ ref('int_events__sessionized') }} as events
            inner join {{ ref('int_sessions') }} as sessions on events.session_id = sessions.session_id
            where sessions.is_robot
        ) as quarantined_count
    from {{ ref('base_events') }}
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
    {%- for table in raw_table_names() %}
    select
        '{{ table }}' as table_name,
        {{ key_text(table) }} as row_key,
        rejection_reason as reason,
        source_row,
        cast(null as {{ dbt.type_string() }}) as file_name,
        cast(null as bigint) as line_number
    from {{ ref('base_' ~ table) }}
    where row_status = 'quarantined'
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
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
