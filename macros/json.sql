{# The named columns, of a relation where one is named, as one JSON text. #}
{% macro row_as_json(columns, relation=none) -%}
    {{ return(adapter.dispatch('row_as_json', 'clm')(columns, relation)) }}
{%- endmacro %}
