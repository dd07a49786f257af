{# How a refresh costs what arrived, and not what there is.

   1. int_event_batches__arrived compares the raw events of every load batch with the ledger, int_event_batches.
   2. int_events__arrived tells of every version of every event of the batches that differ.
   3. Each model of event_readers() replaces just what these events touch.
   4. The ledger is advanced last, and only by a run in which all of this was built: after a crash, or a run of some
      tables, the same batches count as arrived again, and replacing twice is the same as replacing once. #}
{% macro event_readers() -%}
    {{ return([
        'int_event_ids', 'int_events__repeated', 'int_events__quarantined', 'int_event_days', 'int_sessions',
        'int_visitors', 'int_visit_days', 'int_funnel_attempts', 'int_visitor_steps',
    ]) }}
{%- endmacro %}


{# The readers, and all that stands between them and the raw events. #}
{% macro models_of_events() -%}
    {{ return(event_readers() + [
        'base_events', 'stg_events', 'int_events', 'int_event_settings', 'int_event_batches__arrived',
        'int_events__arrived', 'int_visitors__touched', 'int_visit_settings', 'int_visits',
    ]) }}
{%- endmacro %}


{# A model's table as the last run left it; none where there is none. #}
{% macro held_table(name) -%}
    {%- set node = graph.nodes.get('model.clm.' ~ name) -%}
    {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
{%- endmacro %}


{# The rows of a model as the last run left them, and none where there is none or everything is built anew. #}
{% macro held_rows(name, columns) -%}
    {%- set held = held_table(name) if execute and not flags.FULL_REFRESH else none -%}
    {%- if held -%}
        select {{ columns.keys() | join(', ') }} from {{ held }}
    {%- else -%}
        select {% for column, type in columns.items() %}cast(null as {{ type }}) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}
        where false
    {%- endif -%}
{%- endmacro %}


{# The ids by which events were told, as int_event_ids holds them since the last run; where it is not held, of all events. #}
{% macro ids_told_before() -%}
    {%- set held = held_table('int_event_ids') if execute and not flags.FULL_REFRESH -%}
    {{ return(held or '(select loaded_at, ' ~ row_hash(['event_id']) ~ ' as id_hash from ' ~ ref('stg_events') ~ ')') }}
{%- endmacro %}


{# Whether any reader holds rows that an arrival may touch. #}
{% macro is_anything_held() -%}
    {%- set held = namespace(found=false) -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- for name in event_readers() if held_table(name) -%}
            {%- set held.found = true -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return('true' if held.found else 'false') }}
{%- endmacro %}


{# Whether this run builds all of these, so that the ledger may say that what arrived has been read. #}
{% macro is_everything_read() -%}
    {%- set missing = [] -%}
    {%- for name in models_of_events() if execute and 'model.clm.' ~ name not in selected_resources -%}
        {%- do missing.append(name) -%}
    {%- endfor -%}
    {{ return('false' if missing else 'true') }}
{%- endmacro %}


{# Whether a model holds rows that stay, so that only what arrivals touch is computed; false where it is built anew. #}
{% macro is_held(name) -%}
    {{ return(execute and not flags.FULL_REFRESH and held_table(name) is not none) }}
{%- endmacro %}


{# The events to read: what arrived, or all of them where the model is built anew. #}
{% macro arrived_or_all_events(name) -%}
    {{ return(ref('int_events__arrived') if is_held(name) else ref('stg_events')) }}
{%- endmacro %}


{# `where condition`, for a model that holds rows that stay. #}
{% macro where_held(name, condition) -%}
    {%- if is_held(name) %}where {{ condition }}{% endif -%}
{%- endmacro %}


{# The condition that a row is of a touched visitor, for a model that holds rows that stay. #}
{% macro is_of_touched_visitor(name, visitor_id) -%}
    {%- set touched = ref('int_visitors__touched') -%}
    {%- if is_held(name) -%}
        {{ visitor_id }} in (select visitor_id from {{ touched }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# The rows of a relation that are drawn anew: all of them, or, for a model that holds rows that stay, those of a touched
   visitor (a row of int_visitors__touched) that hold a condition. #}
{% macro drawn_anew(name, relation, condition) -%}
    {%- set touched = ref('int_visitors__touched') -%}
    {%- if is_held(name) -%}
    (
        select drawn.*
        from {{ relation }} as drawn
        inner join {{ touched }} as touched
            on
                drawn.visitor_id = touched.visitor_id
                and drawn.{{ condition }}
    )
    {%- else -%}
    {{ relation }}
    {%- endif -%}
{%- endmacro %}


{# What follows the `as` of a common table expression that is read more than once and costs less to read than to hold. #}
{% macro not_materialized() -%}
    {{ return(adapter.dispatch('not_materialized', 'clm')()) }}
{%- endmacro %}


{% macro default__not_materialized() -%}
    not materialized
{%- endmacro %}


{# The same where the model holds no rows that stay: a refresh draws few rows, which are computed once and held; all rows
   would be too many to hold. #}
{% macro not_materialized_unless_held(name) -%}
    {%- if not is_held(name) %}{{ not_materialized() }}{% endif -%}
{%- endmacro %}


{# The lowest value of a column, none where there is no row. #}
{% macro lowest(column, relation) -%}
    {{ return(run_query('select min(' ~ column ~ ') from ' ~ relation).columns[0].values()[0]) }}
{%- endmacro %}


{# ` and column >= the oldest instant of the touched rows`, as a literal that lets the engine skip what is older. #}
{% macro and_not_before(name, column, touched, touched_from) -%}
    {%- set oldest = lowest(touched_from, touched) if is_held(name) else none -%}
    {%- if oldest %} and {{ column }} >= timestamp '{{ oldest }}'{% endif -%}
{%- endmacro %}


{# For tests, ` and column in what arrived`: a refresh tests what it has touched, for the rest was tested when it came.
   A first reading, a full refresh and `dbt test` alone test every row. `since` is an instant or a day of the tested rows,
   none of them older than what arrivals touch; it lets the engine skip those that are. #}
{% macro and_arrived(column, since=none) -%}
    {%- if column -%}
        {%- set found = what_to_test() -%}
        {%- if found == 'nothing' %} and false
        {%- elif found == 'what arrived' %} and {{ column }} in (select {{ column }} from {{ ref('int_events__arrived') }})
            {%- if since %} and {{ is_drawn_since(since) }}{% endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# For tests, the rows of a relation, each with the instant drawn_from: of visitors whom arrivals touch, when their sessions are
   drawn anew from, without older rows by `since`; where every row is tested, of everyone, and in the far past. #}
{% macro rows_with_drawn_from(relation, since) -%}
    {%- set touched = ref('int_visitors__touched') -%}
    {%- if what_to_test() == 'everything' -%}
    (select tested.*, timestamp '1900-01-01 00:00:00' as drawn_from from {{ relation }} as tested)
    {%- else -%}
    (
        select
            tested.*,
            touched.drawn_from
        from {{ relation }} as tested
        inner join {{ touched }} as touched
            on tested.visitor_id = touched.visitor_id
        where {{ is_drawn_since('tested.' ~ since) }}
    )
    {%- endif -%}
{%- endmacro %}


{# The condition that an instant or a day is not before the day, in any time zone, that anything is drawn anew from. #}
{% macro is_drawn_since(column) -%}
    {%- set oldest = lowest('drawn_from', ref('int_visitors__touched')) -%}
    {{ return(column ~ ' >= ' ~ add_days("date '" ~ oldest.date() ~ "'", -1) if oldest else 'true') }}
{%- endmacro %}


{% macro what_to_test() -%}
    {%- set arrived, batches, touched = ref('int_events__arrived'), ref('int_event_batches__arrived'), ref('int_visitors__touched') -%}
    {%- set made = ['model.clm.int_events__arrived', 'model.clm.int_visitors__touched'] | select('in', selected_resources) | list -%}
    {%- if not execute or flags.FULL_REFRESH or made | length < 2 -%}
        {{ return('everything') }}
    {%- endif -%}
    {%- set found = run_query(
        'select (select count(*) from ' ~ batches ~ ' where is_first_reading), (select count(*) from ' ~ arrived ~ ')'
    ).rows[0] -%}
    {{ return('everything' if found[0] else 'what arrived' if found[1] else 'nothing') }}
{%- endmacro %}


{# ` and column lies among the batches of a relation's rows`, as literals that let the engine skip the others. #}
{% macro and_in_batches_of(column, relation) -%}
    {%- set found = run_query(
        'select min(loaded_at), max(loaded_at), count(*) - count(loaded_at) from ' ~ relation).rows[0] -%}
    {%- set conditions = [] -%}
    {%- if found[0] -%}
        {%- do conditions.append(column ~ " between timestamp '" ~ found[0] ~ "' and timestamp '" ~ found[1] ~ "'") -%}
    {%- endif -%}
    {%- if found[2] -%}{%- do conditions.append(column ~ ' is null') -%}{%- endif %}
    and ({{ conditions | join(' or ') or 'false' }})
{%- endmacro %}


{# incremental_strategy `replace`: what the arrivals touch goes, by the condition in the model's meta.replaces
   (held: the model's own rows; arrived: those of the model meta.replaced_by, by default the new ones), and the new rows
   come, in one transaction (macros/duckdb/replaced_rows.sql, macros/spark/delete_insert.sql). meta.oldest is a date that
   both have and the condition equates: it says nothing new, and lets the engine pass over what is older. So go rows that
   are too old to be needed: meta.forgets is their date, meta.forgotten_before the column of meta.forgotten_by that says
   which is the first that is kept. #}
{% macro is_too_old(meta) -%}
    held.{{ meta['forgets'] }} < (select min({{ meta['forgotten_before'] }}) from {{ held_table(meta['forgotten_by']) }})
{%- endmacro %}


{# What sessions depend on besides the events, as one text: where it is another one, they are made anew. Raise `form` when
   a macro that the models' SQL calls changes what they hold. #}
{% macro event_settings() -%}
    {{ return('form=6 sql=' ~ sql_digest(models_of_events())
        ~ ' raw_from=' ~ var('raw_from', env_var('CLM_RAW_FROM', 'seeds'))
        ~ ' timezone=' ~ var('timezone')
        ~ ' session_gap_minutes=' ~ var('session_gap_minutes')
        ~ ' robot_session_days=' ~ var('robot_session_days')
        ~ ' robot_session_events=' ~ var('robot_session_events')
        ~ ' funnel_window_days=' ~ var('funnel_window_days')
        ~ ' plausible_years=' ~ var('plausible_years') | join('-')) }}
{%- endmacro %}


{# Drops what was made from events with other settings, or from batches that have shrunk since, so that it is made
   anew: what is gone cannot be found among what arrived. So is, of what this run builds, what no ledger speaks of, after
   a first run that stopped half way: to read everything costs less than to replace everything. #}
{% macro drop_outdated_events() -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- set ledger = held_table('int_event_batches') -%}
        {%- set found = run_query(outdated_events_sql(ledger)).columns if ledger else none -%}
        {%- set is_outdated = found and found[0].values()[0] > 0 -%}
        {%- if is_outdated -%}
            {%- do log('settings or SQL are others now, or rows of raw events are gone: sessions are drawn anew', info=true) -%}
        {%- endif -%}
        {%- if is_outdated or not found or found[1].values()[0] == 0 -%}
            {%- for name in event_readers() + ['int_event_batches']
                if held_table(name) and (is_outdated or 'model.clm.' ~ name in selected_resources) -%}
                {%- do adapter.drop_relation(held_table(name)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro outdated_events_sql(ledger) -%}
    select
        count(case when held.built_with <> current_settings.built_with
            or coalesce(present.row_count, 0) < held.row_count then 1 end) as outdated_count,
        count(*) as batch_count
    from {{ ledger }} as held
    cross join {{ this }} as current_settings
    left join (
        select coalesce(loaded_at, timestamp '1900-01-01 00:00:00') as loaded_at, count(*) as row_count
        from {{ ref('base_events') }} group by 1
    ) as present on coalesce(held.loaded_at, timestamp '1900-01-01 00:00:00') = present.loaded_at
{%- endmacro %}
