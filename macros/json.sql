{# The named columns as one JSON text. #}
{% macro row_as_json(columns) -%}
    {{ return(adapter.dispatch('row_as_json', 'clm')(columns)) }}
{%- endmacro %}
