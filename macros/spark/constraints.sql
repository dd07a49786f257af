{# Parquet tables hold no constraints, and dbt-spark's ALTER TABLE fails on them. The data tests hold the same rules. #}
{% macro spark__persist_constraints(relation, model) -%}
{%- endmacro %}
