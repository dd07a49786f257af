{# The versions of events that no run has seen: all of them at first, later those of the newest load batches.
   A row without loaded_at belongs to no batch and is read at every run. #}
{% macro incoming_events() -%}
(
    select
        event_id,
        coalesce(anonymous_id, concat('customer:', customer_id)) as visitor_id,
        occurred_at,
        known_at,
        customer_id,
        event_type,
        page_path,
        product_id,
        utm_source,
        utm_medium,
        utm_campaign,
        device,
        known_at as version_known_at,
        loaded_at
    from {{ ref('stg_events') }}
    {%- if is_incremental() %}
    where
        loaded_at is null
        or loaded_at >= (select coalesce(max(loaded_at), timestamp '1900-01-01 00:00:00') from {{ this }})
    {%- endif %}
) as unseen
{%- endmacro %}


{# What the table holds of every visitor that an incoming event belongs to, or belonged to before. #}
{% macro held_events_of_touched_visitors(incoming) -%}
(
    select {{ event_columns() }}
    {%- if is_incremental() %}
    from {{ this }}
    where visitor_id in (
        select visitor_id from {{ incoming }}
        union all
        select earlier.visitor_id
        from {{ this }} as earlier
        where earlier.event_id in (select event_id from {{ incoming }})
    )
    {%- else %}
    from {{ incoming }}
    where false
    {%- endif %}
) as touched
{%- endmacro %}


{# A version of an event, as it is read and as it is held. #}
{% macro event_columns() -%}
        event_id, visitor_id, occurred_at, known_at, customer_id, event_type, page_path, product_id,
        utm_source, utm_medium, utm_campaign, device, version_known_at, loaded_at
{%- endmacro %}


{# What sessions depend on besides the events: rows made with other settings cannot stay. #}
{% macro event_settings() -%}
    {{ return('raw_from=' ~ var('raw_from', env_var('CLM_RAW_FROM', 'seeds'))
        ~ ' timezone=' ~ var('timezone')
        ~ ' session_gap_minutes=' ~ var('session_gap_minutes')
        ~ ' plausible_years=' ~ var('plausible_years') | join('-')) }}
{%- endmacro %}


{# Before a run that builds the sessions: drops those that were made with other settings, so that they are made anew. #}
{% macro drop_events_of_other_settings() -%}
    {%- if execute -%}
        {%- set node = graph.nodes.get('model.clm.int_events__sessionized') -%}
        {%- set held = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if held and node.unique_id in selected_resources -%}
            {%- set others = run_query(
                "select count(*) from " ~ held ~ " where built_with <> '" ~ event_settings() ~ "'"
            ) -%}
            {%- if others.columns[0].values()[0] > 0 -%}
                {%- do log('settings have changed: sessions are drawn anew (' ~ event_settings() ~ ')', info=true) -%}
                {%- do adapter.drop_relation(held) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
