{# An engine that can keep the memory of one statement for the next is told to, as a command begins. #}
{% macro reuse_memory() -%}
    {%- if execute -%}{%- do adapter.dispatch('reuse_memory', 'clm')() -%}{%- endif -%}
{%- endmacro %}


{% macro default__reuse_memory() -%}
{%- endmacro %}
