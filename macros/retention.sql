{# The counts of cohorts summed over everyone, and by channel, and by country. #}
{% macro cohort_counts_by(dimension, value) -%}
    select
        cohort_basis,
        period_type,
        '{{ dimension }}' as dimension,
        {{ value }} as dimension_value,
        cohort_start_date,
        period_start_date,
        cast(sum(retained_count) as bigint) as retained_count
    from {{ ref('int_cohort_counts') }}
    group by cohort_basis, period_type, {{ value ~ ', ' if dimension != 'all' }}cohort_start_date, period_start_date
{%- endmacro %}
