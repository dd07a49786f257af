{# Every row of a raw table, typed by the contract and judged. Adds
     rejection_reason  why the row cannot be used; NULL where it can
     row_status        accepted, duplicate (an older version of its key) or quarantined
     version_number    1 is the newest version of its key by known_at, then loaded_at, then content
     known_at          when the source knew it: recorded_at, or the row's own time
     superseded_at     when a newer version became known; NULL for the newest
     source_row        the row as it came, as JSON
   `rules` are further (reason, condition) pairs; `parents` are (column, relation, reason): a value that
   the relation's column of the same name does not have is refused. `versions=false` leaves the ranking to a later,
   incremental model: row_status is then accepted or quarantined. #}
{% macro checked_rows(table, rules=[], parents=[], versions=true) -%}
{%- set source_relation = raw(table) -%}
{%- if not execute -%}
select 1 as not_executed from {{ source_relation }}
{%- else -%}
{%- set contract = raw_contract(table) -%}
{%- set present = raw_columns_present(source_relation) -%}
{%- set happened_at = contract.happened_at or 'cast(null as timestamp)' -%}
with source_rows as (
    {%- if present %}
    select * from {{ source_relation }}
    {%- else %}
    select 1 as absent where false
    {%- endif %}
),

typed as (
    select
        {%- for column in contract.columns %}
        {{ typed_column(column, present) }} as {{ column.name }},
        {%- endfor %}
        {{ row_as_json(present.keys() | list) }} as source_row,
        {{ uncastable_reasons(contract, present) }} as uncastable
    from source_rows
),

judged as (
    select
        typed.*,
        coalesce(recorded_at, {{ happened_at }}) as known_at,
        nullif(concat_ws(
            '; ',
            uncastable,
            {%- for column in contract.required %}
            case when {{ column }} is null then '{{ column }} is missing' end,
            {%- endfor %}
            {%- if contract.happened_at %}
            case
                when not year({{ happened_at }}) between {{ var('plausible_years')[0] }} and {{ var('plausible_years')[1] }}
                    then '{{ happened_at }} is outside the plausible years'
                when {{ happened_at }} > recorded_at + interval '1' day
                    then '{{ happened_at }} is later than its record'
            end,
            {%- endif %}
            {%- for reason, condition in rules %}
            case when {{ condition }} then '{{ reason }}' end,
            {%- endfor %}
            {%- for column, relation, reason in parents %}
            case when {{ column }} is not null and parent_{{ loop.index }}.parent_key is null then '{{ reason }}' end,
            {%- endfor %}
            cast(null as {{ dbt.type_string() }})
        ), '') as rejection_reason
    from typed
    {%- for column, relation, reason in parents %}
    left join (select distinct {{ column }} as parent_key from {{ relation }}) as parent_{{ loop.index }}
        on typed.{{ column }} = parent_{{ loop.index }}.parent_key
    {%- endfor %}
)

{% if versions -%}
, ranked as (
    select
        *,
        row_number() over versions as version_number,
        lag(known_at) over versions as superseded_at
    from judged
    window versions as (
        partition by {{ contract.key | join(', ') }}, rejection_reason is null
        order by known_at desc nulls last, loaded_at desc nulls last, source_row desc
    )
)

select
    {%- for column in contract.columns %}
    {{ column.name }},
    {%- endfor %}
    known_at,
    superseded_at,
    version_number,
    rejection_reason,
    case
        when rejection_reason is not null then 'quarantined'
        when version_number > 1 then 'duplicate'
        else 'accepted'
    end as row_status,
    source_row
from ranked
{%- else -%}
select
    {%- for column in contract.columns %}
    {{ column.name }},
    {%- endfor %}
    known_at,
    rejection_reason,
    case when rejection_reason is not null then 'quarantined' else 'accepted' end as row_status,
    source_row
from judged
{%- endif %}
{%- endif -%}
{%- endmacro %}


{# A raw column in its contract's type; NULL where the table lacks it or the value cannot be cast. #}
{% macro typed_column(column, present) -%}
    {%- set held = present.get(column.name) -%}
    {%- if held is none -%}
        cast(null as {{ column.data_type }})
    {%- elif column.data_type == 'string' -%}
        nullif(trim(cast({{ column.name }} as {{ dbt.type_string() }})), '')
    {%- elif column.data_type == 'timestamp' -%}
        {{ utc_timestamp(column.name, held) }}
    {%- else -%}
        {{ cast_or_null(column.name, held, column.data_type) }}
    {%- endif -%}
{%- endmacro %}


{# A value in another type, or NULL where it is not one. #}
{% macro cast_or_null(name, held, type) -%}
    {{ return(adapter.dispatch('cast_or_null', 'clm')(name, held, type)) }}
{%- endmacro %}


{# Text is trimmed and its empty string is NULL; anything else stays as it is. #}
{% macro text_or_native(name, held) -%}
    {%- if 'char' in held or held == 'string' -%}
        nullif(trim({{ name }}), '')
    {%- else -%}
        {{ name }}
    {%- endif -%}
{%- endmacro %}


{# 'ordered_at is not a timestamp; …' for the values that cannot be cast; only text can fail. #}
{% macro uncastable_reasons(contract, present) -%}
    nullif(concat_ws(
        '; ',
        {%- for column in contract.columns if column.data_type != 'string' and column.name in present %}
        {%- set held = present[column.name] %}
        {%- if held != column.data_type and held != 'timestamp' %}
        case
            when {{ text_or_native(column.name, held) }} is not null and {{ typed_column(column, present) }} is null
                then '{{ column.name }} is not a {{ column.data_type.split('(')[0] }}'
        end,
        {%- endif %}
        {%- endfor %}
        cast(null as {{ dbt.type_string() }})
    ), '')
{%- endmacro %}
