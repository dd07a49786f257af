{# Before a run: tables that an interrupted clm-ml left without their name get it back. #}
{% macro restore_interrupted_swaps() -%}
    {%- if execute -%}{%- do adapter.dispatch('restore_interrupted_swaps', 'clm')() -%}{%- endif -%}
{%- endmacro %}


{# DuckDB has transactions. #}
{% macro default__restore_interrupted_swaps() -%}
{%- endmacro %}
