{# The ledger of `clm-ml load`. This text is its one DDL: dbt runs it on-run-start, so that the quality marts can
   always read the ledger, and clm-ml runs the same statements before the first load. Types are those that DuckDB
   and Spark share. #}
{% macro load_tables_ddl() -%}
create schema if not exists raw;

create table if not exists raw.load_files (
    file_name string,
    file_sha256 string,
    mapping_name string,
    mapping_sha256 string,
    loaded_at timestamp,
    line_count bigint,
    header_count bigint,
    blank_count bigint,
    accepted_count bigint,
    quarantined_count bigint,
    duplicate_count bigint
);

create table if not exists raw.load_rejects (
    file_name string,
    file_sha256 string,
    mapping_name string,
    line_number bigint,
    reason string,
    line_text string,
    loaded_at timestamp
)
{%- endmacro %}

{% macro create_load_tables() %}
    {% if execute %}
        {% for statement in load_tables_ddl().split(';') %}{% do run_query(statement) %}{% endfor %}
    {% endif %}
{% endmacro %}
