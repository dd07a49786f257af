{# Where an active day enters and leaves the trailing windows of so many days. The next active day takes over, so no day
   counts a customer twice. #}
{% macro trailing_changes(windows) -%}
    {%- for window in windows %}
    select active_date as moved_date, {{ window }} as window_days, 1 as change from {{ ref('int_active_days') }}
    union all
    select
        least({{ add_days('active_date', window) }}, coalesce(next_active_date, date '9999-12-31')),
        {{ window }},
        -1
    from {{ ref('int_active_days') }}
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro trailing_change(window) -%}
    sum(case when window_days = {{ window }} then change else 0 end)
{%- endmacro %}


{# The numbers from 1, as rows. #}
{% macro count_up_to(last) -%}
    {%- for counted in range(1, last + 1) %}
    select cast({{ counted }} as bigint) as counted
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
