{# Every row of a raw table, typed by the contract and judged. Adds
     is_rejected       whether the row cannot be used
     rejection_reason  every reason why; NULL where it can be used
     row_status        accepted, duplicate (an older version of its key) or quarantined
     version_number    1 is the newest version of its key by known_at, then loaded_at, then content
     known_at          when the source knew it: recorded_at, or the row's own time
     superseded_at     when a newer version became known; NULL for the newest
     source_row        the row as it came, as JSON; kept of rejected rows only where versions are ranked
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
{%- set reasons = refusals(contract, present, rules, parents) -%}
{%- set source_as_json = row_as_json(present.keys() | list, 'source_row') -%}
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
        {%- for column in castable_columns(contract, present) %}
        {{ is_uncastable(column, present) }} as {{ column.name }}_is_uncastable,
        {%- endfor %}
        {{ whole_row('source_rows') if present else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as source_row
    from source_rows
),

judged as (
    select
        typed.*,
        coalesce(recorded_at, {{ contract.happened_at or 'cast(null as timestamp)' }}) as known_at,
        {%- for reason, condition in reasons %}
        coalesce({{ condition }}, false){{ ' or' if not loop.last }}
        {%- endfor %} as is_rejected,
        nullif(concat_ws(
            '; ',
            {%- for reason, condition in reasons %}
            case when {{ condition }} then '{{ reason }}' end,
            {%- endfor %}
            cast(null as {{ dbt.type_string() }})
        ), '') as rejection_reason
    from typed
    {%- for column, relation, reason in parents %}
    left join (select distinct {{ column }} as parent_key from {{ relation }}) as parent_{{ loop.index }}
        on typed.{{ column }} = parent_{{ loop.index }}.parent_key
    {%- endfor %}
)

{%- if versions %},

-- few keys have several versions: only these are ranked
repeated as (
    select {{ contract.key | join(', ') }}
    from judged
    where not is_rejected
    group by {{ contract.key | join(', ') }}
    having count(*) > 1
),

ranked as (
    select
        judged.*,
        row_number() over versions as version_number,
        lag(judged.known_at) over versions as superseded_at
    from judged
    inner join repeated
        on {% for column in contract.key %}judged.{{ column }} = repeated.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where not judged.is_rejected
    window versions as (
        partition by {% for column in contract.key %}judged.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
        order by judged.known_at desc nulls last, judged.loaded_at desc nulls last, {{ source_as_json }} desc
    )
),

numbered as (
    select
        judged.*,
        1 as version_number,
        cast(null as timestamp) as superseded_at
    from judged
    left join repeated
        on {% for column in contract.key %}judged.{{ column }} = repeated.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where judged.is_rejected or repeated.{{ contract.key[0] }} is null
    union all
    select * from ranked
)
{%- endif %}

select
    {%- for column in contract.columns %}
    {{ column.name }},
    {%- endfor %}
    known_at,
    {%- if versions %}
    superseded_at,
    version_number,
    {%- endif %}
    is_rejected,
    rejection_reason,
    case
        when is_rejected then 'quarantined'
        {%- if versions %}
        when version_number > 1 then 'duplicate'
        {%- endif %}
        else 'accepted'
    end as row_status,
    {%- if versions %}
    case when is_rejected then {{ source_as_json }} end as source_row
    {%- else %}
    {{ source_as_json }} as source_row
    {%- endif %}
from {{ 'numbered' if versions else 'judged' }}
{%- endif -%}
{%- endmacro %}


{# Why a row is refused: (reason, condition) pairs, in the order in which they are told. #}
{% macro refusals(contract, present, rules, parents) -%}
    {%- set reasons = [] -%}
    {%- for column in castable_columns(contract, present) -%}
        {%- set kind = column.data_type.split('(')[0] -%}
        {%- do reasons.append((column.name ~ ' is not a ' ~ kind, column.name ~ '_is_uncastable')) -%}
    {%- endfor -%}
    {%- for column in contract.required -%}
        {%- do reasons.append((column ~ ' is missing', 'typed.' ~ column ~ ' is null')) -%}
    {%- endfor -%}
    {%- if contract.happened_at -%}
        {%- set years = var('plausible_years') -%}
        {%- set happened_at = contract.happened_at -%}
        {%- do reasons.append((
            happened_at ~ ' is outside the plausible years',
            happened_at ~ " < timestamp '" ~ years[0] ~ "-01-01 00:00:00' or "
            ~ happened_at ~ " >= timestamp '" ~ (years[1] + 1) ~ "-01-01 00:00:00'"
        )) -%}
        {%- do reasons.append((
            happened_at ~ ' is later than its record', happened_at ~ " > recorded_at + interval '1' day"
        )) -%}
    {%- endif -%}
    {%- for reason, condition in rules -%}
        {%- do reasons.append((reason, condition)) -%}
    {%- endfor -%}
    {%- for column, relation, reason in parents -%}
        {%- do reasons.append((reason, 'typed.' ~ column ~ ' is not null and parent_' ~ loop.index ~ '.parent_key is null')) -%}
    {%- endfor -%}
    {{ return(reasons) }}
{%- endmacro %}


{# A raw column in its contract's type; NULL where the table lacks it or the value cannot be cast. #}
{% macro typed_column(column, present) -%}
    {%- set held = present.get(column.name) -%}
    {%- if held is none -%}
        cast(null as {{ column.data_type }})
    {%- elif column.data_type == 'string' -%}
        {{ trimmed(column.name if is_text(held) else 'cast(' ~ column.name ~ ' as ' ~ dbt.type_string() ~ ')') }}
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
    {{ trimmed(name) if is_text(held) else name }}
{%- endmacro %}


{% macro is_text(held) -%}
    {{ return('char' in held or held == 'string') }}
{%- endmacro %}


{# Without blanks around it, and NULL where nothing is left. Asking first is three times as fast as trimming always; what is
   empty or begins with a blank comes before '!', the character after the blank. #}
{% macro trimmed(text) -%}
    case when {{ text }} < '!' or {{ text }} like '% ' then nullif(trim(both ' ' from {{ text }}), '') else {{ text }} end
{%- endmacro %}


{# The columns whose raw value may fail to be cast to the contract's type. #}
{% macro castable_columns(contract, present) -%}
    {%- set found = [] -%}
    {%- for column in contract.columns if column.data_type != 'string' and column.name in present -%}
        {%- set held = present[column.name] -%}
        {%- if held | replace(' ', '') != column.data_type | replace(' ', '') and held != 'timestamp' -%}
            {%- do found.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro is_uncastable(column, present) -%}
    {{ text_or_native(column.name, present[column.name]) }} is not null and {{ typed_column(column, present) }} is null
{%- endmacro %}
