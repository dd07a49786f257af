{# How a table is kept right without a ledger: each row carries a fingerprint of what it was made of. A model named
   <table>__due takes the fingerprints anew and names the rows whose own is another one, or that are missing or too many;
   these are replaced. What a crash, a run of some models or a changed variable leaves wrong has a wrong fingerprint. #}

{# Before a model is made anew whose rows a __due model names: that this run makes that one too. What the last run left of it
   names the few rows that were due then, and they would be all that there is. #}
{% macro make_with_what_is_due() -%}
    {%- set due = model.config.meta.replaced_by -%}
    {%- if execute and not is_held(model.name) and 'model.clm.' ~ due not in selected_resources -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ ' cannot be made anew without ' ~ due ~ ', which names its rows: --select that too') }}
    {%- endif -%}
{%- endmacro %}


{# A number that is another one where a row's columns are. #}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'clm')(columns)) }}
{%- endmacro %}


{# A number that is another one where any of some rows is; their order does not matter. No two of them may be alike. #}
{% macro fingerprint(columns) -%}
    bit_xor({{ row_hash(columns) }})
{%- endmacro %}


{# Drops a table that an older version of the project has made without these columns, so that it is made anew. It is said
   before the model that reads what is held is rendered. #}
{% macro drop_older_form(name, columns) -%}
    {%- set held = held_table(name) if execute and not flags.FULL_REFRESH else none -%}
    {%- if held -%}
        {%- set found = adapter.get_columns_in_relation(held) | map(attribute='name') | list -%}
        {%- if columns | reject('in', found) | list -%}{%- do adapter.drop_relation(held) -%}{%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# A text that is another one where the SQL of any of these models is, as it stands in their files. Of the macros that it
   calls it says nothing: who keeps rows by it numbers their form as well. #}
{% macro sql_digest(names) -%}
    {%- set found = [] -%}
    {%- for name in names if execute -%}{%- do found.append(graph.nodes['model.clm.' ~ name].raw_code) -%}{%- endfor -%}
    {{ return(local_md5(found | join(';'))) }}
{%- endmacro %}
