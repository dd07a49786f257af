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


{# How often each value of each feature occurs: one scan of one column per feature. #}
{% macro counted_values(relation, features) -%}
    {%- for name in features %}
    select
        cast(null as string) as model_version,
        '{{ name }}' as feature_name,
        as_of_date,
        cast({{ name }} as double) as feature_value,
        count(*) as row_count
    from {{ relation }}
    group by as_of_date, {{ name }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
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
