{# A text or timestamp as an instant in UTC; an offset in the text counts. NULL where it is neither. #}
{% macro utc_timestamp(name, held) -%}
    {{ return(adapter.dispatch('utc_timestamp', 'clm')(name, held)) }}
{%- endmacro %}


{# The business day of an instant, in the project's one time zone. #}
{% macro business_date(instant) -%}
    {%- if var('timezone') == 'UTC' -%}
        cast({{ instant }} as date)
    {%- else -%}
        {{ return(adapter.dispatch('business_date', 'clm')(instant)) }}
    {%- endif -%}
{%- endmacro %}


{# Whole days from one date to a later one. #}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'clm')(earlier, later)) }}
{%- endmacro %}


{# How many months the month of the later date is after that of the earlier. #}
{% macro months_between(earlier, later) -%}
    {{ return(adapter.dispatch('months_between', 'clm')(earlier, later)) }}
{%- endmacro %}


{# A date some days later. #}
{% macro add_days(day, count) -%}
    {{ return(adapter.dispatch('add_days', 'clm')(day, count)) }}
{%- endmacro %}


{# The last day of a month or of an ISO week. #}
{% macro period_end(period, day) -%}
    {{ return(adapter.dispatch('period_end', 'clm')(period, day)) }}
{%- endmacro %}


{# One row per day, column date_day, from one date to another. #}
{% macro day_series(first_day, last_day) -%}
    {{ return(adapter.dispatch('day_series', 'clm')(first_day, last_day)) }}
{%- endmacro %}


{# A span of minutes. #}
{% macro minutes(count) -%}
    interval '{{ count }}' minute
{%- endmacro %}


{# A span of days. #}
{% macro days(count) -%}
    interval '{{ count }}' day
{%- endmacro %}


{# var('today') where it is given, else the newest fact's day less the days that may still be incomplete. #}
{% macro today(newest_fact_date) -%}
    {%- if var('today') -%}
        cast('{{ var("today") }}' as date)
    {%- else -%}
        {{ add_days(newest_fact_date, -var('late_days')) }}
    {%- endif -%}
{%- endmacro %}


{# The dates a list variable names, as rows; none where it is empty. #}
{% macro listed_dates(dates) -%}
    {%- for day in dates %}
    select cast('{{ day }}' as date) as as_of_date
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as date) as as_of_date where false
    {%- endfor -%}
{%- endmacro %}


{# The days, with their fraction, from one instant to a later one. #}
{% macro days_elapsed(earlier, later) -%}
    {{ return(adapter.dispatch('days_elapsed', 'clm')(earlier, later)) }}
{%- endmacro %}
