{# raw('orders'): the demo's seed, or your own table in schema `raw`
   (--vars '{raw_from: source}' or CLM_RAW_FROM=source). #}
{% macro raw(table) -%}
    {%- if var('raw_from', env_var('CLM_RAW_FROM', 'seeds')) == 'seeds' -%}
        {{ return(ref('raw_' ~ table)) }}
    {%- endif -%}
    {{ return(source('raw', table)) }}
{%- endmacro %}


{# The contract of a raw table: {columns: [{name, data_type}], key, required, happened_at}. #}
{% macro raw_contract(table) -%}
    {%- set found = graph.sources.values() | selectattr('source_name', 'equalto', 'raw')
        | selectattr('name', 'equalto', table) | list -%}
    {%- set meta = found[0].config.meta or found[0].meta -%}
    {{ return({
        'columns': found[0].columns.values() | list,
        'key': meta.key, 'required': meta.required, 'happened_at': meta.happened_at,
    }) }}
{%- endmacro %}


{# The columns a raw table really has, lower-case name to type; empty where the table does not exist. #}
{% macro raw_columns_present(relation) -%}
    {%- set present = {} -%}
    {%- if adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do present.update({column.name | lower: column.dtype | lower}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(present) }}
{%- endmacro %}
