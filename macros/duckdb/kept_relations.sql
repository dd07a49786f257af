{# A relation is kept as it is where nothing that it is made of has changed. The comment of each table and view ends in a
   line for what it was made of (its SQL, its columns, and the content of every table that it reads, through views too) and
   for its own content. A run compares that with what they are now, and makes anew only what differs. So a change goes as
   far as it makes a difference, and ends at the first table that comes out the same.

   --full-refresh makes everything anew. On Spark every table is made anew. #}

{% materialization table, adapter='duckdb' %}
    {{ return(kept_or_made(dbt.materialization_table_duckdb)) }}
{% endmaterialization %}


{% materialization incremental, adapter='duckdb' %}
    {{ return(kept_or_made(dbt.materialization_incremental_duckdb)) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {{ return(kept_or_made(dbt.materialization_view_default)) }}
{% endmaterialization %}


{# The relation as it is, or as `make` makes it; its hooks run in both cases. While rows are replaced in a table it has no
   comment, so that what a crash leaves half done is not taken for whole. #}
{% macro kept_or_made(make) -%}
    {%- set held = load_cached_relation(this) -%}
    {%- set reads = what_is_read() -%}
    {%- set comments = comments_of(reads) -%}
    {%- set made_of = what_it_is_made_of(reads, comments) -%}
    {%- set told = comments[model.schema ~ '.' ~ model.alias] if held and not should_full_refresh() -%}
    {%- if told and told.startswith(made_of) and told.endswith(' holding ' ~ content_of_this(held)) -%}
        {%- call noop_statement('main', 'UNCHANGED') %}-- nothing that it is made of has changed{% endcall -%}
        {%- call statement() %}select 'a transaction that hooks are a part of'{% endcall -%}
        {{ run_hooks(pre_hooks) }}
        {{ run_hooks(post_hooks) }}
        {%- do adapter.commit() -%}
        {{ return({'relations': [held]}) }}
    {%- endif -%}
    {%- if held and held.is_table and config.get('materialized') == 'incremental' -%}
        {%- do run_query('comment on table ' ~ held ~ ' is null') -%}
    {%- endif -%}
    {%- set made = make() -%}
    {%- set relation = made.relations[0] -%}
    {%- set comment = model.description | trim ~ '\n\n' ~ made_of ~ ' holding ' ~ content_of_this(relation) -%}
    {%- do run_query('comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is ' ~ duckdb_escape_comment(comment)) -%}
    {{ return(made) }}
{%- endmacro %}


{# What the model's own relation holds: rows, or a view's SQL. #}
{% macro content_of_this(relation) -%}
    {{ return(local_md5(compiled_code) if relation.is_view else run_query(content_of(relation)).rows[0][0]) }}
{%- endmacro %}


{# Words for the model's SQL, its description, columns and constraints, and what it reads. #}
{% macro what_it_is_made_of(reads, comments) -%}
    {%- set parts = [compiled_code, model.description, tojson(model.columns), tojson(model.constraints)] -%}
    {%- for id, how in reads.items() if how != 'ephemeral' -%}
        {%- set node = graph.nodes.get(id) or graph.sources.get(id) -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias or node.identifier) -%}
        {%- do parts.append(what_is_read_of(node, how, relation, comments) if relation else 'absent') -%}
    {%- endfor -%}
    {{ return('made of ' ~ local_md5(parts | join(';'))) }}
{%- endmacro %}


{# What a model reads of a relation. A view: its columns, for their types are a view's own. A table: its content, which a
   table that this run has looked at says in its comment, and so does one that is read as the last run left it; a view
   between says its SQL. Any other table is read. #}
{% macro what_is_read_of(node, how, relation, comments) -%}
    {%- if config.get('materialized') == 'view' -%}
        {%- set columns = adapter.get_columns_in_relation(relation) -%}
        {{ return((columns | map(attribute='name') | list + columns | map(attribute='dtype') | list) | join(',')) }}
    {%- elif how in ['view', 'last run'] or (how in ['table', 'incremental'] and node.unique_id in selected_resources) -%}
        {{ return((comments[node.schema ~ '.' ~ node.alias] or invocation_id).split(' holding ')[-1]) }}
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


{# The last line of the comments of the model's own relation and of all that it reads, by schema and name. #}
{% macro comments_of(reads) -%}
    {%- set names = [model.schema ~ '.' ~ model.alias] -%}
    {%- for id in reads if id in graph.nodes -%}
        {%- do names.append(graph.nodes[id].schema ~ '.' ~ graph.nodes[id].alias) -%}
    {%- endfor -%}
    {%- set last_lines -%}
        select name, split_part(comment, chr(10), -1)
        from (
            select concat(schema_name, '.', table_name) as name, database_name, comment from duckdb_tables()
            union all
            select concat(schema_name, '.', view_name), database_name, comment from duckdb_views()
        )
        where database_name = '{{ this.database }}' and name in ('{{ names | join("', '") }}')
    {%- endset -%}
    {%- set found = run_query(last_lines) -%}
    {{ return(dict(zip(found.columns[0].values(), found.columns[1].values()))) }}
{%- endmacro %}


{# A query for a text that is another one where a table's rows are, in whatever order. A table that grows by batches is
   told by the instants they arrived at, where every row has one. #}
{% macro content_of(table, arrives_by=none) -%}
    {%- set is_batched = arrives_by in adapter.get_columns_in_relation(table) | map(attribute='name')
        and run_query('select count(*) = count(' ~ arrives_by ~ ') from ' ~ table).rows[0][0] if arrives_by -%}
    select concat(count(*), ' rows ', sum(cast(hash({{ arrives_by if is_batched else '*columns(*)' }}) as hugeint)))
    from {{ table }}
{%- endmacro %}
