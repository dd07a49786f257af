{# The named columns, of a relation where one is named, as one JSON text. Every value stands as text, so that each engine
   writes the same. #}
{% macro row_as_json(columns, relation=none) -%}
    {{ return(adapter.dispatch('row_as_json', 'clm')(columns, relation)) }}
{%- endmacro %}
