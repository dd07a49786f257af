{# How a table made of customers costs a refresh what changed. A model named <…>__changes holds a fingerprint per customer, and
   numbers the changes: each run in which any fingerprint is another one is one. A table whose meta says that it follows such
   a model says which rows of the tables it reads are a changed customer's (is_of_changed_customer), and on DuckDB
   main.kept_relations tells up to which change it is made. Where nothing else of what it is made of has changed, the customers
   who have changed since go, and come anew (macros/duckdb/kept_relations.sql); else all of it is made. Elsewhere it is made
   anew at every run. #}


{# The condition that a row is of a customer who is to come anew. As it stands it holds for all of them; the
   materialization puts another in its place. #}
{% macro is_of_changed_customer(changes, customer_id='customer_id') -%}
    {%- if not execute -%}{%- do ref(changes) -%}{%- endif -%}
    true /* changed: {{ customer_id }} */
{%- endmacro %}


{# From entries (customer_id, entry_hash), no two of a customer alike: the customers whose fingerprint is not the held one. #}
{% macro changes_among(entries, name) -%}
    select
        coalesce(present.customer_id, held.customer_id) as customer_id,
        present.fingerprint,
        1 + coalesce((select max(changed_in) from ({{ held_changes(name) }}) as earlier), 0) as changed_in
    from (
        select
            customer_id,
            bit_xor(entry_hash) as fingerprint
        from {{ entries }}
        group by customer_id
    ) as present
    full outer join ({{ held_changes(name) }}) as held
        on present.customer_id = held.customer_id
    where present.fingerprint is distinct from held.fingerprint
{%- endmacro %}


{% macro held_changes(name) -%}
    {{ held_rows(name, {'customer_id': 'string', 'fingerprint': 'bigint', 'changed_in': 'bigint'}) }}
{%- endmacro %}


{# Before the changes are numbered anew, from 1: no table is made up to one of these. #}
{% macro forget_who_follows() -%}
    {{ return(adapter.dispatch('forget_who_follows', 'clm')()) }}
{%- endmacro %}


{% macro default__forget_who_follows() -%}
{%- endmacro %}
