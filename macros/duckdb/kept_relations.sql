{# A relation is kept as it is where nothing that it is made of has changed. The table main.kept_relations says of each what
   it was made of (its SQL, its columns, and the content of every table that it reads, through views too) and what it
   holds. A run compares that with what they are now, and makes anew only what differs. So a change goes as far as it makes
   a difference, and ends at the first table that comes out the same. A view of few columns ends it too, where its meta says
   told_by_rows: who reads it is judged by the rows that it gives, as if it were a table, and not by what it reads.
   Of a table that follows the changes of customers (macros/changes.sql) only theirs are made anew.

   What the raw tables hold is looked at once, when a run begins, and told by main.raw_contents, for many read the same ones.

   --full-refresh makes everything anew. On Spark every table is made anew. #}

{% materialization table, adapter='duckdb' %}
    {{ return(kept_or_made(relation_anew)) }}
{% endmaterialization %}


{% materialization incremental, adapter='duckdb' %}
    {%- if config.get('incremental_strategy') == 'replace' -%}{{ return(kept_or_made(table_with_what_arrived)) }}{%- endif -%}
    {{ return(kept_or_made(dbt.materialization_incremental_duckdb, is_by_dbt=true)) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {{ return(kept_or_made(relation_anew)) }}
{% endmaterialization %}


{% macro kept_relations() -%}
    {{ return(api.Relation.create(database=target.database, schema=target.schema, identifier='kept_relations')) }}
{%- endmacro %}


{% macro raw_contents() -%}
    {{ return(api.Relation.create(database=target.database, schema=target.schema, identifier='raw_contents')) }}
{%- endmacro %}


{# What is told of relations, and of every raw table as a run of models begins: within it nothing else writes to these. #}
{% macro create_kept_relations() -%}
    {%- if execute -%}{%- do adapter.dispatch('create_kept_relations', 'clm')() -%}{%- endif -%}
{%- endmacro %}


{% macro default__create_kept_relations() -%}
{%- endmacro %}


{% macro duckdb__create_kept_relations() -%}
    {%- do run_query('create schema if not exists ' ~ kept_relations().without_identifier()) -%}
    {%- do run_query('create table if not exists ' ~ kept_relations() ~ ' (relation_name varchar, made_of varchar, '
        ~ 'view_sql varchar, row_count bigint, row_hash hugeint)') -%}
    {%- if ' model.' in ' ' ~ selected_resources | join(' ') -%}
        {%- set sql = 'create or replace table ' ~ raw_contents() ~ ' as ' ~ what_raw_tables_hold() -%}
        {%- call statement() -%}{{ sql }}{%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}


{% macro what_raw_tables_hold() -%}
    {%- set queries = ['select null::varchar as source_id, null::varchar as content where false'] -%}
    {%- for source in graph.sources.values() -%}
        {%- set relation = adapter.get_relation(source.database, source.schema, source.identifier) -%}
        {%- if relation -%}
            {%- set query = content_of(relation, source.config.meta.arrives_by) -%}
            {%- do queries.append("select '" ~ source.unique_id ~ "', (" ~ query ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(queries | join(' union all ')) }}
{%- endmacro %}


{# The relation as it is, or as the SQL of `make` makes it; its hooks run in both cases. It is made and told of in one
   transaction, so that what a crash leaves half done is not taken for whole. Where `make` is a materialization of dbt's,
   which commits by itself, nothing is told of the relation meanwhile. #}
{% macro kept_or_made(make, is_by_dbt=false) -%}
    {%- set name = name_of(model) -%}
    {%- set held = load_cached_relation(this) if not should_full_refresh() -%}
    {%- set reads = what_is_read() -%}
    {%- set found = what_is_found(name, held, reads) -%}
    {%- set made_of = what_it_is_made_of(reads, found) -%}
    {%- set is_sound = held and name in found and is_as_told(held, found, name) -%}
    {%- if is_sound and found[name].made_of == made_of -%}
        {%- call noop_statement('main', 'UNCHANGED') %}-- nothing that it is made of has changed{% endcall -%}
        {%- if pre_hooks or post_hooks -%}
            {%- call statement() %}select 'a transaction that hooks are a part of'{% endcall -%}
            {{ run_hooks(pre_hooks) }}
            {{ run_hooks(post_hooks) }}
            {%- do adapter.commit() -%}
        {%- endif -%}
        {{ return({'relations': [held]}) }}
    {%- endif -%}
    {%- set relation = this.incorporate(type='view' if config.get('materialized') == 'view' else 'table') -%}
    {%- set forgotten = 'delete from ' ~ kept_relations() ~ " where relation_name = '" ~ name ~ "'" -%}
    {%- set told_before = found[name].holds if is_sound -%}
    {%- set told = 'comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is '
        ~ duckdb_escape_comment(model.description | trim) ~ '; ' ~ what_to_tell(name, made_of, relation, held, told_before) -%}
    {%- if is_by_dbt -%}
        {%- if name in found -%}{%- do run_query(forgotten) -%}{%- endif -%}
        {%- set made = make() -%}
        {%- do run_query(told) -%}
        {{ return(made) }}
    {%- endif -%}
    {%- set since = change_to_go_on_from(found[name].made_of, made_of) if is_sound -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {{ forgotten }};
        {{ table_of_changed_customers(relation, since) if since else make(relation, held) }};
        {{ told }}
        {%- if is_replaced_in_part(held) -%}
        ;
        drop table {{ relation.identifier }}__new
        {%- endif -%}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}


{# The table or view in the place of the one that is there. #}
{% macro relation_anew(relation, held) -%}
    {%- set old = load_cached_relation(this) -%}
    {%- if old %}drop {{ old.type }} {{ old }};{% endif %}
    {{ create_view_as(relation, compiled_code) if relation.is_view else create_table_as(false, relation, compiled_code) }}
{%- endmacro %}


{# Everything that a model's relation is judged by, by name, in one query, for what dbt does for a query costs more than
   DuckDB's part of it: what main.kept_relations tells of the relation and of those it reads (made_of, and holds: a text that
   is another one where the rows or the view's SQL are), what a table holds now ('held'), and what nothing tells. #}
{% macro what_is_found(name, held, reads) -%}
    {%- set queries = [
        'select relation_name, made_of, coalesce(view_sql, ' ~ content_as_text() ~ ') from ' ~ kept_relations()
        ~ " where relation_name in ('" ~ ([name] + reads | map(attribute='name') | list) | join("', '") ~ "')"
    ] -%}
    {%- set sources = reads | selectattr('way', 'equalto', 'source') | map(attribute='name') | list -%}
    {%- if sources -%}
        {%- do queries.append('select source_id, null, content from ' ~ raw_contents()
            ~ " where source_id in ('" ~ sources | join("', '") ~ "')") -%}
    {%- endif -%}
    {%- if held and not held.is_view -%}
        {%- set query = 'select cast(count(*) as varchar) from ' ~ held if is_counted() else content_of(held) -%}
        {%- do queries.append("select 'held', null, (" ~ query ~ ')') -%}
    {%- endif -%}
    {%- for read in reads if read.query -%}
        {%- do queries.append("select '" ~ read.name ~ "', null, (" ~ read.query ~ ')') -%}
    {%- endfor -%}
    {%- set found = {} -%}
    {%- for key, made_of, holds in run_query(queries | join(' union all ')).rows -%}
        {%- do found.update({key: {'made_of': made_of, 'holds': holds}}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# Rows that are counted are told by the run that has replaced some, and as before where it has replaced none. #}
{% macro what_to_tell(name, made_of, relation, held, told_before) -%}
    insert into {{ kept_relations() }}
    {%- if relation.is_view and not is_view_told_by_rows(model) %}
    select '{{ name }}', '{{ made_of }}', '{{ text_digest(compiled_code) }}', null, null
    {%- elif is_counted() and told_before and is_replaced_in_part(held) %}
        {%- set row_count, row_hash = told_before.split(' rows ') %}
    select '{{ name }}', '{{ made_of }}', null, count(*), case
        when count(*) = {{ row_count }} and not exists (from {{ relation.identifier }}__new) then {{ row_hash }}
        else hash('{{ invocation_id }}')
    end
    from {{ relation }}
    {%- elif is_counted() %}
    select '{{ name }}', '{{ made_of }}', null, count(*), hash('{{ invocation_id }}') from {{ relation }}
    {%- else %}
    select '{{ name }}', '{{ made_of }}', null, {{ content() }} from {{ relation }}
    {%- endif -%}
{%- endmacro %}


{# Whether the model's own relation is still what was told of it. The rows of a view are what it is made of. #}
{% macro is_as_told(held, found, name) -%}
    {%- if is_view_told_by_rows(model) -%}
        {{ return(true) }}
    {%- elif held.is_view -%}
        {{ return(found[name].holds == text_digest(compiled_code)) }}
    {%- elif is_counted() -%}
        {{ return(found[name].holds.startswith(found.held.holds ~ ' rows ')) }}
    {%- endif -%}
    {{ return(found[name].holds == found.held.holds) }}
{%- endmacro %}


{# Whether the model's table may be too large to be read for nothing, and is replaced in part. Such a table holds another
   content after each run that has replaced rows in it, and its rows are counted. #}
{% macro is_counted() -%}
    {{ return(model.name in event_readers() or 'follows' in model.config.meta) }}
{%- endmacro %}


{# Whether a model is a view of which its rows are told, as of a table. #}
{% macro is_view_told_by_rows(node) -%}
    {{ return(node.config.materialized == 'view' and node.config.meta.get('told_by_rows', false)) }}
{%- endmacro %}


{# Words for the model's SQL, its description, columns and constraints, and what it reads; and up to which change, where
   it follows these. Of another table that follows them: what that is made of, for its rows are other ones only where the
   changes say so, unless its own SQL, or what else it reads, is another one. #}
{% macro what_it_is_made_of(reads, found) -%}
    {%- set parts = [compiled_code, model.description, tojson(model.columns), tojson(model.constraints)] -%}
    {%- for read in reads if read.name != 'changes' -%}
        {%- set told = found.get(read.name, {'holds': read.otherwise, 'made_of': read.otherwise}) -%}
        {%- do parts.append(told.made_of.split(' up to change ')[0] if read.way == 'follower' else told.holds) -%}
    {%- endfor -%}
    {{ return(text_digest(parts | join(';')) ~ (' up to change ' ~ found.changes.holds if found.changes else '')) }}
{%- endmacro %}


{# The change that the table is made up to, where it is made of the same and nothing has changed but customers; else none. #}
{% macro change_to_go_on_from(told, made_of) -%}
    {%- set told, made_of = told.split(' up to change '), made_of.split(' up to change ') -%}
    {%- if told[0] == made_of[0] and told | length == 2 and made_of | length == 2 -%}{{ return(told[1]) }}{%- endif -%}
{%- endmacro %}


{# What the model reads: relations, and through views and ephemeral models those that they read. Of each the name by which it
   is found, what it counts as where it is not, and a query where main.kept_relations does not tell it. A view: the columns,
   for their types are its own. A table: the content, which is told where this run has looked at it, or where it is read as
   the last run left it; a view between: its SQL. A view that is told by its rows: both. For a table that follows changes:
   up to which one, in place of what these tell and this run makes, and what others that follow them are made of. A table
   that clm-ml fills (meta.filled_by) has refs for the lineage, and reads nothing. #}
{% macro what_is_read() -%}
    {%- set ways, reads = {}, [] -%}
    {%- do gather_what_is_read(model, ways) if 'filled_by' not in model.config.meta -%}
    {%- for name in model.config.meta.get('reads_last_run', []) -%}
        {%- do ways.update({'model.clm.' ~ name: 'last run'}) -%}
    {%- endfor -%}
    {%- set is_view = config.get('materialized') == 'view' -%}
    {%- set is_told_by_rows = not is_view or is_view_told_by_rows(model) -%}
    {%- set told_by_changes = what_changes_tell(model.config.meta.follows) -%}
    {%- if told_by_changes -%}
        {%- set query = 'select cast(coalesce(max(changed_in), 0) as varchar) from ' ~ ref(model.config.meta.follows) -%}
        {%- do reads.append({'name': 'changes', 'otherwise': none, 'query': query}) -%}
    {%- endif -%}
    {%- for id in ways if id in told_by_changes and 'follows' in graph.nodes[id].config.meta -%}
        {%- do reads.append({'name': name_of(graph.nodes[id]), 'otherwise': invocation_id, 'query': none, 'way': 'follower'}) -%}
    {%- endfor -%}
    {%- for id, way in ways.items() if way != 'ephemeral' and id not in told_by_changes -%}
        {%- set node = graph.nodes.get(id) or graph.sources.get(id) -%}
        {%- set is_told = way in ['view', 'last run']
            or (way in ['table', 'incremental', 'told by rows'] and id in selected_resources) -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias or node.identifier)
            if is_view or not is_told and way != 'source' -%}
        {%- if is_view -%}
            {%- set query = columns_of(relation) if relation -%}
            {%- do reads.append({'name': 'columns of ' ~ id, 'otherwise': 'absent', 'query': query}) -%}
        {%- endif -%}
        {%- if is_told_by_rows and way == 'source' -%}
            {%- do reads.append({'name': id, 'otherwise': 'absent', 'query': none, 'way': way}) -%}
        {%- elif is_told_by_rows and is_told -%}
            {%- do reads.append({'name': name_of(node), 'otherwise': invocation_id, 'query': none}) -%}
        {%- elif is_told_by_rows -%}
            {%- set query = content_of(relation) if relation -%}
            {%- do reads.append({'name': id, 'otherwise': 'absent', 'query': query}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(reads) }}
{%- endmacro %}


{# What this run makes of these: the changes, what they are made of, and the tables that follow them. None where it does not
   number the changes. #}
{% macro what_changes_tell(name) -%}
    {%- set changes = graph.nodes.get('model.clm.' ~ name) -%}
    {%- if not changes or changes.unique_id not in selected_resources -%}{{ return([]) }}{%- endif -%}
    {%- set followers = who_follows(name) | map(attribute='unique_id') | list -%}
    {{ return(([changes.unique_id] + changes.depends_on.nodes + followers) | select('in', selected_resources) | list) }}
{%- endmacro %}


{% macro who_follows(name) -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('follows') == name -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro duckdb__forget_who_follows() -%}
    {%- if execute and not is_held(model.name) -%}
        {%- set names = [] -%}
        {%- for node in who_follows(model.name) -%}{%- do names.append(name_of(node)) -%}{%- endfor -%}
        delete from {{ kept_relations() }} where relation_name in ('{{ names | join("', '") }}')
    {%- endif -%}
{%- endmacro %}


{% macro gather_what_is_read(node, ways) -%}
    {%- for id in node.depends_on.nodes if id not in ways -%}
        {%- set parent = graph.nodes.get(id) -%}
        {%- do ways.update({id: way_of_reading(parent) if parent else 'source'}) -%}
        {%- if ways[id] in ['view', 'ephemeral'] -%}{%- do gather_what_is_read(parent, ways) -%}{%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro way_of_reading(parent) -%}
    {{ return('told by rows' if is_view_told_by_rows(parent) else parent.config.materialized) }}
{%- endmacro %}


{# What main.kept_relations calls a model's relation. #}
{% macro name_of(node) -%}
    {{ return(node.schema ~ '.' ~ node.alias) }}
{%- endmacro %}


{% macro text_digest(text) -%}
    {{ return('md5:' ~ local_md5(text)) }}
{%- endmacro %}


{% macro content(columns='*columns(*)') -%}
    count(*) as row_count, coalesce(sum(cast(hash({{ columns }}) as hugeint)), 0) as row_hash
{%- endmacro %}


{% macro content_as_text() -%}
    concat(row_count, ' rows ', row_hash)
{%- endmacro %}


{# A query for a text that is another one where a table's rows are, in whatever order. Of a table that grows by batches the
   instants they arrived at say it, and of rows without one every column. #}
{% macro content_of(table, arrives_by=none) -%}
    {%- if arrives_by -%}
        {%- set rows = '(from ' ~ table ~ ' union all by name select null as ' ~ arrives_by ~ ' where false)' -%}
    select concat_ws(' ', {{ content_as_text() }}, (
        select {{ content_as_text() }} from (select {{ content() }} from {{ rows }} where {{ arrives_by }} is null)
    ))
    from (select {{ content(arrives_by) }} from {{ rows }})
    {%- else -%}
    select {{ content_as_text() }} from (select {{ content() }} from {{ table }})
    {%- endif -%}
{%- endmacro %}


{# A query for a relation's columns and their types, as one text. #}
{% macro columns_of(relation) -%}
    select string_agg(concat(column_name, ' ', column_type), ', ') from (describe {{ relation }})
{%- endmacro %}
