{# dbt-spark inserts seeds as literals with a cast each, which takes minutes; in a session a NULL becomes the text None,
   and an apostrophe ends the text. Where Spark runs on the machine that holds the files, it reads them itself; elsewhere
   the rows are inserted as text, and cast by column. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- if target.host == 'local' -%}
        {{ return(insert_csv_file(model, agate_table)) }}
    {%- endif -%}
    {{ return(insert_csv_literals(model, agate_table)) }}
{%- endmacro %}


{% macro insert_csv_file(model, agate_table) -%}
    {%- set file_view = model.name ~ '__file' -%}
    {%- do run_query(view_of_csv_file(file_view, model.root_path ~ '/' ~ model.original_file_path)) -%}
    {%- set insert_sql = insert_of_csv_columns(file_view, model.config.column_types, agate_table) -%}
    {%- do run_query(insert_sql) -%}
    {%- do run_query('drop view ' ~ file_view) -%}
    {{ return(insert_sql) }}
{%- endmacro %}


{% macro insert_csv_literals(model, agate_table) -%}
    {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
        {%- set literals = inline_table(rows, agate_table.column_names) -%}
        {%- do run_query(insert_of_csv_columns(literals, model.config.column_types, agate_table)) -%}
    {%- endfor -%}
    {{ return('insert into ' ~ this) }}
{%- endmacro %}


{% macro inline_table(rows, names) -%}
    values
    {%- for row in rows %}
    ({% for value in row %}{{ text_literal(value) }}{{ ', ' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}
    {%- endfor %}
    as literals ({% for name in names %}{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}


{% macro text_literal(value) -%}
    {%- if value is none -%}
        null
    {%- else -%}
        '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
    {%- endif -%}
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
