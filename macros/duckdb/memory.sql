{# Half of the memory limit, from DuckDB 1.5 on, unless the profile says otherwise: 4 to 7 per cent off a full build, which else
   gets its pages from the system anew for every statement. #}
{% macro duckdb__reuse_memory() -%}
    {%- if run_query(
        "select 1 from duckdb_settings() where name = 'block_allocator_memory' and value = '0 bytes'"
    ).rows -%}
        {%- do run_query("set global block_allocator_memory = '50%'") -%}
    {%- endif -%}
{%- endmacro %}
