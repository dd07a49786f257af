{# The first day of the day, ISO week or month a day lies in. #}
{% macro period_start(period_type, day) -%}
    cast({{ dbt.date_trunc(period_type, day) }} as date)
{%- endmacro %}


{# The first day of the period after the one that begins on a day. #}
{% macro next_period_start(period_type, first_day) -%}
    {{ period_start(period_type, add_days(first_day, {'day': 1, 'week': 7, 'month': 31}[period_type])) }}
{%- endmacro %}


{% macro previous_period_start(period_type, first_day) -%}
    {{ period_start(period_type, add_days(first_day, -1)) }}
{%- endmacro %}


{# The first day of the month some months, at most twelve, after a first of month: 31 days a month never skip one. #}
{% macro months_later(month, count) -%}
    {{ period_start('month', add_days(month, '31 * ' ~ count)) }}
{%- endmacro %}


{# The same query for each period type, one after the other. #}
{% macro for_periods(period_types) -%}
    {%- for period_type in period_types %}
    {{ caller(period_type) }}
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# Every period that holds a day from first_day to last_day, which is today, of the one row of `bounds`. #}
{% macro numbered_periods(bounds, period_types) -%}
    select
        period_type,
        period_start_date,
        period_end_date,
        cast(row_number() over (partition by period_type order by period_start_date) as bigint) as period_number,
        period_end_date <= last_day as is_over
    from (
        {%- call(period_type) for_periods(period_types) %}
        select distinct
            '{{ period_type }}' as period_type,
            {{ period_start(period_type, 'date_day') }} as period_start_date,
            {{ add_days(next_period_start(period_type, period_start(period_type, 'date_day')), -1) }} as period_end_date,
            last_day
        from (
            select
                cast(date_day as date) as date_day,
                last_day
            from (select {{ day_series('first_day', 'last_day') }} as date_day, last_day from {{ bounds }}) as series
        ) as days
        {%- endcall %}
    ) as periods
{%- endmacro %}
