{# The numbers of a list variable, as rows; none where it is empty. #}
{% macro listed_numbers(numbers, name) -%}
    {%- for number in numbers %}
    select cast({{ number }} as bigint) as {{ name }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as bigint) as {{ name }} where false
    {%- endfor -%}
{%- endmacro %}


{# The brackets [first day, last day] of a list variable, as rows; none where it is empty. #}
{% macro listed_brackets(brackets) -%}
    {%- for first_day, last_day in brackets %}
    select cast({{ first_day }} as bigint) as first_day, cast({{ last_day }} as bigint) as last_day
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as bigint) as first_day, cast(null as bigint) as last_day where false
    {%- endfor -%}
{%- endmacro %}


{# The first day of the month or ISO week a day lies in. #}
{% macro period_start(period_type, day) -%}
    cast({{ dbt.date_trunc(period_type, day) }} as date)
{%- endmacro %}


{# The same query for months and for weeks, one after the other. #}
{% macro for_months_and_weeks() -%}
    {{ caller('month') }}
    union all
    {{ caller('week') }}
{%- endmacro %}


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


{# A rate and the ends of its 95 % Wilson interval. #}
{% macro rate_with_interval(part, whole, name) -%}
    {{ share(part, whole) }} as {{ name }},
    {{ wilson_low(part, whole) }} as {{ name }}_low,
    {{ wilson_high(part, whole) }} as {{ name }}_high
{%- endmacro %}
