{# How snapshots are computed: an entry is seen from the first as-of date D with activity_date <= D and known_date <= D,
   and leaves the look-back window (D-w, D] at the first D >= activity_date + w. So a window's total is a running sum
   of what enters less what leaves, and its cost follows the entries, never entries times dates. #}

{# The entries of a relation with the as-of date at which each enters, and leaves each window. `until` is a column with
   the day from which the entry no longer counts at all. #}
{% macro movements(relation, columns, windows, until=none) -%}
    {{ moving(relation, columns, 0, 'activity_date', until) }}
    {%- if until %}
    union all
    {{ moving(relation, columns, -1, until, until) }}
    {%- endif %}
    {%- for window in windows %}
    union all
    {{ moving(relation, columns, window, add_days('activity_date', window), until) }}
    {%- endfor %}
{%- endmacro %}


{% macro moving(relation, columns, window, moved_date, until) -%}
    select
        entries.customer_id,
        days.next_as_of_date as as_of_date,
        {{ window }} as movement,
        {{ columns | join(', ') }}
    from {{ relation }} as entries
    inner join {{ ref('int_days') }} as days
        on days.date_day = greatest(
            {%- if until and window > 0 %}
            least({{ moved_date }}, coalesce({{ until }}, date '9999-12-31')),
            {%- else %}
            {{ moved_date }},
            {%- endif %}
            known_date, activity_date
        )
    where days.next_as_of_date is not null{{ ' and ' ~ until ~ ' is not null' if moved_date == until }}
{%- endmacro %}


{# What a column's total changes by at an as-of date: everything so far, or a look-back window. #}
{% macro change(expression, window=none) -%}
    sum(case movement when 0 then {{ expression }} when {{ window or -1 }} then -({{ expression }}) else 0 end)
{%- endmacro %}


{# The total at each as-of date. #}
{% macro total_so_far(name, type) -%}
    cast(coalesce(sum({{ name }}) over so_far, 0) as {{ type }}) as {{ name }}
{%- endmacro %}


{# What the number of days of one kind changes by at an as-of date. #}
{% macro change_of_days(kind, window=none) -%}
    sum(case when day_kind <> '{{ kind }}' then 0 when movement = 0 then 1
        when movement = {{ window or -1 }} then -1 else 0 end)
{%- endmacro %}


{# The first or last day of a kind among those that enter and are never undone. #}
{% macro lasting_day(aggregate, kind) -%}
    {{ aggregate }}(case when day_kind = '{{ kind }}' and movement = 0 and known_to_date is null
        then activity_date end)
{%- endmacro %}


{% macro undone_day(aggregate, kind) -%}
    {{ aggregate }}(case when spans.day_kind = '{{ kind }}' then spans.activity_date end)
{%- endmacro %}
