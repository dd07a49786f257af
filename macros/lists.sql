{# The numbers of a list, as rows; none where it is empty. #}
{% macro listed_numbers(numbers, name) -%}
    {%- for number in numbers %}
    select cast({{ number }} as bigint) as {{ name }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as bigint) as {{ name }} where false
    {%- endfor -%}
{%- endmacro %}


{# The words of a list, as rows, with their place in it. #}
{% macro listed_words(words, name) -%}
    {%- for word in words %}
    select cast({{ loop.index }} as bigint) as place, '{{ word }}' as {{ name }}
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# The brackets [first day, last day] of a list, as rows; none where it is empty. #}
{% macro listed_brackets(brackets) -%}
    {%- for first_day, last_day in brackets %}
    select cast({{ first_day }} as bigint) as first_day, cast({{ last_day }} as bigint) as last_day
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as bigint) as first_day, cast(null as bigint) as last_day where false
    {%- endfor -%}
{%- endmacro %}
