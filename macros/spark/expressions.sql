{# Spark's own way to say what macros/*.sql dispatch. #}

{% macro spark__utc_timestamp(name, held) -%}
    {%- if held in ('timestamp', 'timestamp_ntz') -%}
        cast({{ name }} as timestamp)
    {%- else -%}
        {{ _dated_text(name, held, 'timestamp') }}
    {%- endif -%}
{%- endmacro %}


{% macro spark__business_date(instant) -%}
    cast(from_utc_timestamp({{ instant }}, '{{ var("timezone") }}') as date)
{%- endmacro %}


{% macro spark__add_days(day, count) -%}
    date_add(cast({{ day }} as date), cast({{ count }} as int))
{%- endmacro %}


{% macro spark__days_between(earlier, later) -%}
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}


{% macro spark__months_between(earlier, later) -%}
    cast(12 * (year({{ later }}) - year({{ earlier }})) + month({{ later }}) - month({{ earlier }}) as bigint)
{%- endmacro %}


{% macro spark__period_end(period, day) -%}
    {%- if period == 'month' -%}
        last_day({{ day }})
    {%- else -%}
        date_add(cast(date_trunc('{{ period }}', {{ day }}) as date), 6)
    {%- endif -%}
{%- endmacro %}


{% macro spark__day_series(first_day, last_day) -%}
    explode(sequence({{ first_day }}, {{ last_day }}, interval '1' day))
{%- endmacro %}


{% macro spark__row_as_json(columns, relation) -%}
    {%- if columns -%}
        to_json(
            named_struct({% for c in columns %}'{{ c }}', cast({{ relation ~ '.' if relation }}{{ c }} as string){{ ', ' if not loop.last }}{% endfor %}),
            map('ignoreNullFields', 'false')
        )
    {%- else -%}
        cast(null as string)
    {%- endif -%}
{%- endmacro %}


{# Spark cuts '12.7' to no number and reads '2025-01' as a date; DuckDB rounds the one and refuses the other. #}
{% macro spark__cast_or_null(name, held, type) -%}
    {%- if held != 'string' and 'char' not in held -%}
        try_cast({{ name }} as {{ type }})
    {%- elif type == 'bigint' -%}
        try_cast(round(try_cast({{ text_or_native(name, held) }} as decimal(38, 10))) as bigint)
    {%- elif type == 'date' -%}
        {{ _dated_text(name, held, 'date') }}
    {%- else -%}
        try_cast({{ text_or_native(name, held) }} as {{ type }})
    {%- endif -%}
{%- endmacro %}


{# Only text that begins with a whole date can be one: a bare year or a bare time cannot. Slashes and an offset without
   a colon are put as Spark reads them. #}
{% macro _dated_text(name, held, type) -%}
    {%- set text = text_or_native(name, held) -%}
    case
        when {{ text }} rlike '^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}'
            then cast(try_cast(regexp_replace(
                regexp_replace({{ text }}, '^([0-9]{4})/([0-9]{1,2})/', '$1-$2-'),
                '(:[0-9.]+ ?[+-][0-9]{2})([0-9]{2})$', '$1:$2'
            ) as timestamp) as {{ type }})
    end
{%- endmacro %}


{% macro spark__time_stretch(instant, minutes) -%}
    (unix_micros(cast({{ instant }} as timestamp)) + 62135596800000000) div {{ minutes * 60000000 }}
{%- endmacro %}


{% macro spark__event_order() -%}
    struct(occurred_at, event_id)
{%- endmacro %}


{% macro spark__value_known(function, column) -%}
    {{ function }}({{ column }}, true)
{%- endmacro %}


{% macro spark__ordered_text(text) -%}
    array_join(array_sort(collect_list({{ text }})), ';')
{%- endmacro %}


{% macro spark__whole_row(relation) -%}
    struct({{ relation }}.*)
{%- endmacro %}


{% macro spark__days_elapsed(earlier, later) -%}
    cast(unix_micros({{ later }}) - unix_micros({{ earlier }}) as double) / 86400000000
{%- endmacro %}


{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}


{# Spark plans each reading of a common table expression by itself and has no word for it. #}
{% macro spark__not_materialized() -%}
{%- endmacro %}


{# One scan of one column per feature: the code that Spark makes of an unpivot of so many columns does not fit its cache. #}
{% macro spark__counted_values(relation, features) -%}
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
