{# delete+insert on Spark, with the meaning it has on DuckDB: every row of the table whose unique_key occurs among the
   new rows is deleted, then all new rows are inserted. `unique_key` is a column or a list of columns, and may be
   coarser than a row. A key with a NULL matches nothing. `incremental_predicates` narrow what may be deleted; name the
   table's columns in them without an alias.

   Tables of delta, iceberg and hudi delete in place. Parquet has no row-level DELETE: the table is written anew beside
   the old one, and the two are swapped by name. #}

{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {%- if raw_strategy in ('delete+insert', 'replace') -%}
        {{ return(raw_strategy) }}
    {%- endif -%}
    {{ return(dbt.dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format)) }}
{%- endmacro %}


{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) -%}
    {%- if strategy == 'replace' -%}
        {{ return(replace_arrived(source, target)) }}
    {%- elif strategy != 'delete+insert' -%}
        {{ return(dbt.dbt_spark_get_incremental_sql(
            strategy, source, target, existing, unique_key, incremental_predicates
        )) }}
    {%- endif -%}
    {{ return(delete_and_insert(source, target, unique_key, incremental_predicates)) }}
{%- endmacro %}


{# Runs the steps and returns the last one, which the materialization runs. The source is a view that may read the
   target, so its rows are written down first. #}
{% macro delete_and_insert(source, target, unique_key, predicates) -%}
    {%- set new = beside(target, 'new') -%}
    {%- do run_query('drop table if exists ' ~ new) -%}
    {%- do run_query('create table ' ~ new ~ ' ' ~ file_format_clause() ~ ' as select * from ' ~ source) -%}
    {%- set keys = [unique_key] if unique_key is string else (unique_key or []) -%}
    {%- if config.get('file_format', 'parquet') in ('delta', 'iceberg', 'hudi') -%}
        {%- do delete_in_place(new, target, keys, predicates) -%}
    {%- else -%}
        {%- do rewrite(new, target, keys, predicates) -%}
    {%- endif -%}
    {{ return('drop table if exists ' ~ new) }}
{%- endmacro %}


{% macro delete_in_place(new, target, keys, predicates) -%}
    {%- if keys -%}
        {%- do run_query(
            'delete from ' ~ target ~ ' as held where exists (select 1 from ' ~ new ~ ' as fresh where '
            ~ same_key(keys) ~ ')' ~ also(predicates)
        ) -%}
    {%- endif -%}
    {%- do run_query('insert into ' ~ target ~ ' select ' ~ column_names(target) ~ ' from ' ~ new) -%}
{%- endmacro %}


{# Until the last rename the old table stands as it was; after a crash between the two renames it is <name>__dbt_old. #}
{% macro rewrite(new, target, keys, predicates) -%}
    {%- do swap_in(target, rewritten(new, target, keys, predicates)) -%}
{%- endmacro %}


{% macro swap_in(target, sql) -%}
    {%- set next, old = beside(target, 'next'), beside(target, 'old') -%}
    {%- do run_query('drop table if exists ' ~ next) -%}
    {%- do run_query('drop table if exists ' ~ old) -%}
    {%- do run_query(create_table_as(false, next, sql)) -%}
    {%- do run_query('alter table ' ~ target ~ ' rename to ' ~ old) -%}
    {%- do run_query('alter table ' ~ next ~ ' rename to ' ~ target) -%}
    {%- do run_query('drop table ' ~ old) -%}
{%- endmacro %}


{% macro rewritten(new, target, keys, predicates) -%}
    select {{ column_names(target) }} from {{ target }} as held
    {%- if keys %}
    where not (
        exists (select 1 from {{ new }} as fresh where {{ same_key(keys) }})
        {{ also(predicates) }}
    )
    {%- endif %}
    union all
    select {{ column_names(target) }} from {{ new }}
{%- endmacro %}


{% macro same_key(keys) -%}
    {%- for key in keys %}held.{{ key }} = fresh.{{ key }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endmacro %}


{% macro also(predicates) -%}
    {%- for predicate in ([predicates] if predicates is string else (predicates or [])) %} and coalesce(({{ predicate }}), false){% endfor -%}
{%- endmacro %}


{% macro column_names(relation) -%}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute='quoted') | join(', ')) }}
{%- endmacro %}


{% macro beside(target, role) -%}
    {{ return(target.incorporate(path={'identifier': target.identifier ~ '__dbt_' ~ role})) }}
{%- endmacro %}


{# Strategy `replace` (macros/arrivals.sql): what the arrivals touch goes, the new rows come. #}
{% macro replace_arrived(source, target) -%}
    {%- set new = beside(target, 'new') -%}
    {%- do run_query('drop table if exists ' ~ new) -%}
    {%- do run_query('create table ' ~ new ~ ' ' ~ file_format_clause() ~ ' as select * from ' ~ source) -%}
    {%- set meta = config.get('meta') -%}
    {%- set arrived = held_table(meta['replaced_by']) if meta['replaced_by'] else new -%}
    {%- do swap_in(target, kept_and_new(new, target, arrived, meta)) -%}
    {{ return('drop table if exists ' ~ new) }}
{%- endmacro %}


{% macro kept_and_new(new, target, arrived, meta) -%}
    select {{ column_names(target) }} from {{ target }} as held
    where not exists (select 1 from {{ arrived }} as arrived where {{ meta['replaces'] }})
    {%- if meta['forgets'] %}
        and not coalesce({{ is_too_old(meta) }}, false)
    {%- endif %}
    union all
    select {{ column_names(target) }} from {{ new }}
{%- endmacro %}
