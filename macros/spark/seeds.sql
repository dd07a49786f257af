{# dbt-spark inserts seeds as literals, a thousand rows a statement, which takes minutes. Where Spark runs on the machine
   that holds the files, it reads them itself; on a cluster the adapter's own way remains. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- if target.host != 'local' -%}
        {{ return(dbt.spark__load_csv_rows(model, agate_table)) }}
    {%- endif -%}
    {%- set file_view = model.name ~ '__file' -%}
    {%- do run_query(view_of_csv_file(file_view, model.root_path ~ '/' ~ model.original_file_path)) -%}
    {%- set insert_sql = insert_of_csv_columns(file_view, model.config.column_types, agate_table) -%}
    {%- do run_query(insert_sql) -%}
    {%- do run_query('drop view ' ~ file_view) -%}
    {{ return(insert_sql) }}
{%- endmacro %}


{% macro view_of_csv_file(name, path) -%}
    create or replace temporary view {{ name }}
    using csv
    options (path '{{ path }}', header 'true', multiLine 'true', quote '"', escape '"', mode 'FAILFAST')
{%- endmacro %}


{% macro insert_of_csv_columns(source_view, types, agate_table) -%}
    insert into {{ this }}
    select
        {%- for name in agate_table.column_names %}
        cast({{ adapter.quote(name) }} as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }})
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ source_view }}
{%- endmacro %}
