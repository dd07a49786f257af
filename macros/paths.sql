{# The first and last day whose sessions paths are made of. #}
{% macro path_bounds() -%}
    select
        {{ add_days('watermark_date', 1 - var('path_days')) }} as first_date,
        watermark_date as last_date
    from {{ ref('int_watermark') }}
{%- endmacro %}
