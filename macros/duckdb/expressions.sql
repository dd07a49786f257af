{% macro duckdb__utc_timestamp(name, held) -%}
    {%- if held == 'timestamp' -%}
        {{ name }}
    {%- elif held == 'timestamp with time zone' -%}
        {{ name }} at time zone 'UTC'
    {%- else -%}
        try_cast({{ text_or_native(name, held) }} as timestamp with time zone) at time zone 'UTC'
    {%- endif -%}
{%- endmacro %}


{% macro duckdb__business_date(instant) -%}
    cast(({{ instant }} at time zone 'UTC') at time zone '{{ var("timezone") }}' as date)
{%- endmacro %}


{% macro duckdb__add_days(day, count) -%}
    cast({{ dbt.dateadd('day', count, day) }} as date)
{%- endmacro %}


{% macro duckdb__days_between(earlier, later) -%}
    cast({{ dbt.datediff(earlier, later, 'day') }} as bigint)
{%- endmacro %}


{% macro duckdb__months_between(earlier, later) -%}
    cast({{ dbt.datediff(earlier, later, 'month') }} as bigint)
{%- endmacro %}


{% macro duckdb__period_end(period, day) -%}
    {{ add_days(dbt.dateadd(period, 1, dbt.date_trunc(period, day)), -1) }}
{%- endmacro %}


{% macro duckdb__cast_or_null(name, held, type) -%}
    try_cast({{ text_or_native(name, held) }} as {{ type }})
{%- endmacro %}


{% macro duckdb__day_series(first_day, last_day) -%}
    unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day))
{%- endmacro %}


{% macro duckdb__row_as_json(columns, relation) -%}
    {%- if columns -%}
        cast(json_object({% for c in columns %}'{{ c }}', cast({{ relation ~ '.' if relation }}{{ c }} as varchar){{ ', ' if not loop.last }}{% endfor %}) as varchar)
    {%- else -%}
        cast(null as varchar)
    {%- endif -%}
{%- endmacro %}


{% macro duckdb__time_stretch(instant, minutes) -%}
    (epoch_us({{ instant }}) + 62135596800000000) // {{ minutes * 60000000 }}
{%- endmacro %}


{% macro duckdb__event_order() -%}
    create_sort_key(occurred_at, 'ASC NULLS LAST', event_id, 'ASC NULLS LAST')
{%- endmacro %}


{% macro duckdb__value_known(function, column) -%}
    {{ function }}({{ column }} ignore nulls)
{%- endmacro %}


{% macro duckdb__ordered_text(text) -%}
    string_agg({{ text }}, ';' order by {{ text }})
{%- endmacro %}


{% macro duckdb__whole_row(relation) -%}
    {{ relation }}
{%- endmacro %}


{% macro duckdb__days_elapsed(earlier, later) -%}
    cast(epoch_us({{ later }}) - epoch_us({{ earlier }}) as double) / 86400000000
{%- endmacro %}


{# Hashed twice: the hash of several columns is the last one's, folded in, so that what two rows swap would cancel out. #}
{% macro duckdb__row_hash(columns) -%}
    cast(hash(hash({{ columns | join(', ') }})) >> 1 as bigint)
{%- endmacro %}
