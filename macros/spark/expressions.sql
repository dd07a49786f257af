{% macro spark__utc_timestamp(name, held) -%}
    try_cast({{ text_or_native(name, held) }} as timestamp)
{%- endmacro %}


{% macro spark__business_date(instant) -%}
    to_date(from_utc_timestamp({{ instant }}, '{{ var("timezone") }}'))
{%- endmacro %}


{% macro spark__day_series(first_day, last_day) -%}
    explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day))
{%- endmacro %}


{% macro spark__row_as_json(columns, relation) -%}
    {%- if columns -%}
        to_json(named_struct({% for c in columns %}'{{ c }}', {{ relation ~ '.' if relation }}{{ c }}{{ ', ' if not loop.last }}{% endfor %}))
    {%- else -%}
        cast(null as string)
    {%- endif -%}
{%- endmacro %}
