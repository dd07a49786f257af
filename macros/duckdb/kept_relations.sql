{# A relation is kept as it is where nothing that it is made of has changed. The table main.kept_relations says of each what
   it was made of (its SQL, its columns, and the content of every table that it reads, through views too) and what it
   holds. A run compares that with what they are now, and makes anew only what differs. So a change goes as far as it makes
   a difference, and ends at the first table that comes out the same.

   --full-refresh makes everything anew. On Spark every table is made anew. #}

{% materialization table, adapter='duckdb' %}
    {{ return(kept_or_made(made_table)) }}
{% endmaterialization %}


{% materialization incremental, adapter='duckdb' %}
    {{ return(kept_or_made(dbt.materialization_incremental_duckdb)) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {{ return(kept_or_made(dbt.materialization_view_default)) }}
{% endmaterialization %}


{% macro kept_relations() -%}
    {{ return(api.Relation.create(database=target.database, schema=target.schema, identifier='kept_relations')) }}
{%- endmacro %}


{% macro create_kept_relations() -%}
    {%- if execute -%}{%- do adapter.dispatch('create_kept_relations', 'clm')() -%}{%- endif -%}
{%- endmacro %}


{% macro default__create_kept_relations() -%}
{%- endmacro %}


{% macro duckdb__create_kept_relations() -%}
    {%- do run_query('create schema if not exists ' ~ kept_relations().without_identifier()) -%}
    {%- do run_query('create table if not exists ' ~ kept_relations() ~ ' (relation_name varchar, made_of varchar, '
        ~ 'view_sql varchar, row_count bigint, row_hash hugeint)') -%}
{%- endmacro %}


{# The relation as it is, or as `make` makes it; its hooks run in both cases. While it is made nothing is told of it, so that
   what a crash leaves half done is not taken for whole. #}
{% macro kept_or_made(make) -%}
    {%- set name = name_of(model) -%}
    {%- set held = load_cached_relation(this) if not should_full_refresh() -%}
    {%- set reads = what_is_read() -%}
    {%- set told = what_is_told([name] + names_of(reads)) -%}
    {%- set made_of = what_it_is_made_of(reads, told) -%}
    {%- if held and name in told and told[name].made_of == made_of and told[name].holds == what_is_held(held, told[name]) -%}
        {%- call noop_statement('main', 'UNCHANGED') %}-- nothing that it is made of has changed{% endcall -%}
        {%- if pre_hooks or post_hooks -%}
            {%- call statement() %}select 'a transaction that hooks are a part of'{% endcall -%}
            {{ run_hooks(pre_hooks) }}
            {{ run_hooks(post_hooks) }}
            {%- do adapter.commit() -%}
        {%- endif -%}
        {{ return({'relations': [held]}) }}
    {%- endif -%}
    {%- if name in told -%}
        {%- do run_query('delete from ' ~ kept_relations() ~ " where relation_name = '" ~ name ~ "'") -%}
    {%- endif -%}
    {%- set made = make() -%}
    {%- set relation = made.relations[0] -%}
    {%- set description = duckdb_escape_comment(model.description | trim) -%}
    {%- do run_query('comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is ' ~ description) -%}
    {%- do run_query(what_to_tell(name, made_of, relation)) -%}
    {{ return(made) }}
{%- endmacro %}


{# The table in the place of the one that is held, in one transaction. #}
{% macro made_table() -%}
    {%- set held = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {%- if held %}drop {{ held.type }} {{ held }};{% endif %}
        {{ create_table_as(false, relation, compiled_code) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}


{# What the relations of these names were made of, and what they hold, as a text that is another one where the rows or the
   view's SQL are. #}
{% macro what_is_told(names) -%}
    {%- set told = {} -%}
    {%- for name, made_of, holds in run_query(
        'select relation_name, made_of, coalesce(view_sql, ' ~ content_as_text() ~ ') from ' ~ kept_relations()
        ~ " where relation_name in ('" ~ names | join("', '") ~ "')"
    ).rows -%}
        {%- do told.update({name: {'made_of': made_of, 'holds': holds}}) -%}
    {%- endfor -%}
    {{ return(told) }}
{%- endmacro %}


{% macro what_to_tell(name, made_of, relation) -%}
    insert into {{ kept_relations() }}
    {%- if relation.is_view %}
    select '{{ name }}', '{{ made_of }}', '{{ text_digest(compiled_code) }}', null, null
    {%- elif is_made_of_events() %}
    select '{{ name }}', '{{ made_of }}', null, count(*), hash('{{ invocation_id }}') from {{ relation }}
    {%- else %}
    select '{{ name }}', '{{ made_of }}', null, {{ content() }} from {{ relation }}
    {%- endif -%}
{%- endmacro %}


{# What the model's own relation holds now. #}
{% macro what_is_held(held, told) -%}
    {%- if held.is_view -%}
        {{ return(text_digest(compiled_code)) }}
    {%- elif is_made_of_events() -%}
        {%- set row_count = run_query('select count(*) from ' ~ held).rows[0][0] -%}
        {{ return(told.holds if told.holds.startswith(row_count ~ ' rows ') else none) }}
    {%- endif -%}
    {{ return(run_query(content_of(held)).rows[0][0]) }}
{%- endmacro %}


{# Whether the model's table may be too large to be read for nothing. Such a table holds another content after each run
   that has replaced rows in it, and its rows are counted. #}
{% macro is_made_of_events() -%}
    {{ return(model.name in event_readers()) }}
{%- endmacro %}


{# Words for the model's SQL, its description, columns and constraints, and what it reads. #}
{% macro what_it_is_made_of(reads, told) -%}
    {%- set parts = [compiled_code, model.description, tojson(model.columns), tojson(model.constraints)] -%}
    {%- for id, how in reads.items() if how != 'ephemeral' -%}
        {%- do parts.append(what_is_read_of(graph.nodes.get(id) or graph.sources.get(id), how, told)) -%}
    {%- endfor -%}
    {{ return(text_digest(parts | join(';'))) }}
{%- endmacro %}


{# What a model reads of a relation. A view: its columns, for their types are a view's own. A table: its content, which is
   told where this run has looked at it, and so is that of one that is read as the last run left it; a view between: its SQL.
   Any other table is read. #}
{% macro what_is_read_of(node, how, told) -%}
    {%- set is_view = config.get('materialized') == 'view' -%}
    {%- set is_looked_at = how == 'view' or (how in ['table', 'incremental'] and node.unique_id in selected_resources) -%}
    {%- set holds = told.get(name_of(node), {'holds': invocation_id}).holds -%}
    {%- if is_looked_at and not is_view -%}
        {{ return(holds) }}
    {%- endif -%}
    {%- set relation = adapter.get_relation(node.database, node.schema, node.alias or node.identifier) -%}
    {%- if not relation -%}
        {{ return('absent') }}
    {%- elif is_view -%}
        {%- set columns = adapter.get_columns_in_relation(relation) -%}
        {{ return((columns | map(attribute='name') | list + columns | map(attribute='dtype') | list) | join(',')) }}
    {%- elif how == 'last run' -%}
        {{ return(holds) }}
    {%- endif -%}
    {{ return(run_query(content_of(relation, node.config.meta.arrives_by)).rows[0][0]) }}
{%- endmacro %}


{# What the model reads, by id, and how it is made: views and ephemeral models, what these read in turn, and tables. #}
{% macro what_is_read() -%}
    {%- set reads = {} -%}
    {%- do gather_what_is_read(model, reads) -%}
    {%- for name in model.config.meta.get('reads_last_run', []) -%}
        {%- do reads.update({'model.clm.' ~ name: 'last run'}) -%}
    {%- endfor -%}
    {{ return(reads) }}
{%- endmacro %}


{% macro gather_what_is_read(node, reads) -%}
    {%- for id in node.depends_on.nodes if id not in reads -%}
        {%- set parent = graph.nodes.get(id) -%}
        {%- do reads.update({id: parent.config.materialized if parent else 'source'}) -%}
        {%- if reads[id] in ['view', 'ephemeral'] -%}{%- do gather_what_is_read(parent, reads) -%}{%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro names_of(reads) -%}
    {%- set names = [] -%}
    {%- for id in reads if id in graph.nodes -%}
        {%- do names.append(name_of(graph.nodes[id])) -%}
    {%- endfor -%}
    {{ return(names) }}
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


{# A query for a text that is another one where a table's rows are, in whatever order. A table that grows by batches is
   told by the instants they arrived at, where every row has one. #}
{% macro content_of(table, arrives_by=none) -%}
    {%- set is_batched = arrives_by in adapter.get_columns_in_relation(table) | map(attribute='name')
        and run_query('select count(*) = count(' ~ arrives_by ~ ') from ' ~ table).rows[0][0] if arrives_by -%}
    select {{ content_as_text() }}
    from (select {{ content(arrives_by if is_batched else '*columns(*)') }} from {{ table }})
{%- endmacro %}
