{# The first and last day whose sessions paths are made of. #}
{% macro path_bounds() -%}
    select
        {{ add_days('watermark_date', 1 - var('path_days')) }} as first_date,
        watermark_date as last_date
    from {{ ref('int_watermark') }}
{%- endmacro %}


{# Steps are held from a first day on. Where it is earlier than the held one, because of another var('path_days') or an
   earlier today, what is held is too short: it is dropped, to be made anew. #}
{% macro drop_shorter_paths() -%}
    {%- if execute and not flags.FULL_REFRESH and held_table('int_visitor_steps') -%}
        {%- set held = held_table('int_path_start') -%}
        {%- set first_date = add_days(today('max(activity_date)'), 1 - var('path_days')) -%}
        {%- set is_long_enough = run_query(
            'select (select ' ~ first_date ~ ' from ' ~ ref('int_event_days') ~ ') >= (select first_date from ' ~ held ~ ')'
        ).rows[0][0] if held else false -%}
        {%- if not is_long_enough -%}{%- do adapter.drop_relation(held_table('int_visitor_steps')) -%}{%- endif -%}
    {%- endif -%}
{%- endmacro %}
