{# The named columns, of a relation where one is named, as one JSON text. Every value stands as text, so that each engine
   writes the same. #}
{% macro row_as_json(columns, relation=none) -%}
    {{ return(adapter.dispatch('row_as_json', 'clm')(columns, relation)) }}
{%- endmacro %}


{# The texts of a column in their own order, as one text. #}
{% macro ordered_text(text) -%}
    {{ return(adapter.dispatch('ordered_text', 'clm')(text)) }}
{%- endmacro %}


{# A relation's row as one value, from which row_as_json can be made later, of the few rows that need it. #}
{% macro whole_row(relation) -%}
    {{ return(adapter.dispatch('whole_row', 'clm')(relation)) }}
{%- endmacro %}
