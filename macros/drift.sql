{# The numeric and boolean features, by the contract of feat_customer__all. #}
{% macro drift_features() -%}
    {%- set names = [] -%}
    {%- if execute -%}
        {%- set model = graph.nodes.values() | selectattr('name', 'equalto', 'feat_customer__all') | first -%}
        {%- for column in model.columns.values() if column.data_type not in ('string', 'date', 'timestamp') -%}
            {%- do names.append(column.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names or ['recency_days']) }}
{%- endmacro %}


{# How often each value of each feature occurs. #}
{% macro counted_values(relation, features) -%}
    {{ return(adapter.dispatch('counted_values', 'clm')(relation, features)) }}
{%- endmacro %}


{# In one pass over the features. #}
{% macro default__counted_values(relation, features) -%}
    select
        cast(null as string) as model_version,
        feature_name,
        as_of_date,
        feature_value,
        count(*) as row_count
    from (
        select
            as_of_date
            {%- for name in features %},
            cast({{ name }} as double) as {{ name }}
            {%- endfor %}
        from {{ relation }}
    ) as wide
    unpivot include nulls (feature_value for feature_name in ({{ features | join(', ') }}))
    group by feature_name, as_of_date, feature_value
{%- endmacro %}


{# What a bin adds to the index: (now − then) · ln(now ÷ then), half a row added to every bin so that none is empty. #}
{% macro psi_term(bins, totals) -%}
    {%- set now = _smoothed(bins ~ '.row_count', totals ~ '.row_count', totals ~ '.bin_count') -%}
    {%- set before = _smoothed(bins ~ '.train_row_count', totals ~ '.train_row_count', totals ~ '.bin_count') -%}
    ({{ now }} - {{ before }}) * ln({{ now }} / {{ before }})
{%- endmacro %}


{% macro _smoothed(rows, total, bins) -%}
    ((cast({{ rows }} as double) + 0.5) / (cast({{ total }} as double) + 0.5 * {{ bins }}))
{%- endmacro %}
