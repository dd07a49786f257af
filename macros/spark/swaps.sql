{# clm-ml swaps a table by two renames. Where it was stopped between them the old table stands beside its name: before
   anything else it gets its name back, for its rows cannot be made anew. #}
{% macro spark__restore_interrupted_swaps() -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.schema == 'predictions' -%}
        {%- set left_over = adapter.get_relation(node.database, node.schema, node.alias ~ '__clm_old') -%}
        {%- if left_over and not adapter.get_relation(node.database, node.schema, node.alias) -%}
            {%- do adapter.rename_relation(left_over, left_over.incorporate(path={'identifier': node.alias})) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
