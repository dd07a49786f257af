{# The first and last day whose sessions paths are made of. #}
{% macro path_bounds() -%}
    select
        {{ add_days('watermark_date', 1 - var('path_days')) }} as first_date,
        watermark_date as last_date
    from {{ ref('int_watermark') }}
{%- endmacro %}


{# How often one state of a kind of path follows another: event types, or pages. #}
{% macro transitions(kind) -%}
    select
        steps.from_state,
        steps.to_state,
        steps.step_count as transition_count,
        cast(steps.from_count as bigint) as from_count,
        {{ rate_with_interval('steps.step_count', 'steps.from_count', 'transition_probability') }},
        cast(steps.next_rank as bigint) as next_rank,
        bounds.first_date,
        bounds.last_date
    from (
        select
            *,
            sum(step_count) over (partition by from_state) as from_count,
            row_number() over (partition by from_state order by step_count desc, to_state asc) as next_rank
        from {{ ref('int_path_steps') }}
        where path_kind = '{{ kind }}'
    ) as steps
    cross join ({{ path_bounds() }}) as bounds
{%- endmacro %}


{# Funnels and paths are made anew where other customers are test customers, for theirs are left out; and steps, where they
   are to begin earlier than those that are held, because of another var('path_days') or an earlier today. #}
{% macro drop_outdated_visits() -%}
    {%- set held = held_table('int_visit_settings') if execute and not flags.FULL_REFRESH else none -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- set first_date = add_days(today('max(activity_date)'), 1 - var('path_days')) -%}
        {%- set columns = adapter.get_columns_in_relation(held) | map(attribute='name') | list if held else [] -%}
        {%- set found = run_query(
            'select (select first_date from (select ' ~ first_date ~ ' as first_date, count(*) as row_count from '
            ~ ref('int_event_days') ~ ') as present) >= (select min(first_date) from ' ~ held ~ '), '
            ~ '(select coalesce(' ~ fingerprint(['customer_id']) ~ ', 0) from ' ~ ref('int_customers') ~ ' where is_test) = '
            ~ '(select min(left_out) from ' ~ held ~ ')'
        ).rows[0] if 'left_out' in columns else [false, false] -%}
        {%- for name in ['int_funnel_attempts', 'int_visitor_steps']
            if held_table(name) and not (found[1] and (found[0] or name == 'int_funnel_attempts')) -%}
            {%- do adapter.drop_relation(held_table(name)) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
