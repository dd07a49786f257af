{# SQL that replaces rows of a held table, where not all of it is made anew. #}

{# Of a model of incremental_strategy `replace` (macros/arrivals.sql): what arrived. #}
{% macro table_with_what_arrived(relation, held) -%}
    {%- if not is_replaced_in_part(held) -%}{{ return(relation_anew(relation, held)) }}{%- endif -%}
    {%- set new, meta = relation.identifier ~ '__new', model.config.meta -%}
    {%- set arrived = held_table(meta.replaced_by) if meta.replaced_by else new -%}
    create temporary table {{ new }} as (
        {{ compiled_code }}
    );
    select error('the columns of {{ relation.identifier }} are others now: run dbt with --full-refresh')
    where ({{ columns_of(new) }}) <> ({{ columns_of(relation) }});
    delete from {{ relation }} as held
    using {{ arrived }} as arrived
    where {{ meta.replaces }}
    {%- if meta.oldest %} and held.{{ meta.oldest }} >= (select min({{ meta.oldest }}) from {{ arrived }}){% endif %};
    {%- if meta.forgets %}
    delete from {{ relation }} as held
    where {{ is_too_old(meta) }};
    {%- endif %}
    insert into {{ relation }}
    from {{ new }}
{%- endmacro %}


{# Whether this run replaces rows of a held table by those of a temporary one, <table>__new. #}
{% macro is_replaced_in_part(held) -%}
    {{ return(config.get('incremental_strategy') == 'replace' and held and not held.is_view) }}
{%- endmacro %}


{# Of a model that follows changes (macros/changes.sql): all customers who have changed since one. #}
{% macro table_of_changed_customers(relation, since) -%}
    {%- set changed = ' in (select customer_id from ' ~ ref(model.config.meta.follows) ~ ' where changed_in > ' ~ since ~ ')' -%}
    delete from {{ relation }} where customer_id {{ changed }};
    insert into {{ relation }} by name
    {{ modules.re.sub('true /\\* changed: (.+?) \\*/', '\\1' ~ changed, compiled_code) }}
{%- endmacro %}
