{# The steps of the funnel, in order. A visit is a session, whatever happens in it; the others are stages of
   seeds/reference/activity_types.csv. #}
{% macro funnel_steps() -%}
    {{ return(['visit', 'product_view', 'cart', 'checkout', 'purchase']) }}
{%- endmacro %}


{# The first known moment of a stage in a session that is not before the step it must follow. #}
{% macro stage_after(stage, previous) -%}
    case
        when first_{{ stage }}_at >= {{ previous }} then first_{{ stage }}_at
        when last_{{ stage }}_at >= {{ previous }} then last_{{ stage }}_at
    end
{%- endmacro %}


{# A number for what the counts of weeks and months depend on besides attempts: where it is another one, all are counted
   anew. Raise the first part when a macro that the model's SQL calls changes what it holds. #}
{% macro reach_form() -%}
    {{ return(1 + sql_digest(['int_funnel_reach'])[:7] | int(base=16)) }}
{%- endmacro %}


{# The number of the last step that was reached; each step's column is NULL unless the one before is not. #}
{% macro deepest_step(limit='true') -%}
    cast(
        case
            {%- for name in funnel_steps()[1:] | reverse %}
            when {{ name }}_at{{ limit }} then {{ 6 - loop.index }}
            {%- endfor %}
            else 1
        end as bigint
    )
{%- endmacro %}


{# The moments of one stage, of all sessions: the first and, where it is another, the last. #}
{% macro step_moments(step) -%}
    select visitor_id, first_{{ step }}_at as reached_at from sessions
    where first_{{ step }}_at is not null
    union all
    select visitor_id, last_{{ step }}_at from sessions
    where last_{{ step }}_at > first_{{ step }}_at
{%- endmacro %}


{# The moments of a step, each with the earliest ones at which the later steps follow, in order. `next_step` is the
   relation that says so of the next step's moments; only these two steps are sorted together. What follows a later moment
   is not earlier, so the first that is known is the earliest. #}
{% macro moments_with_what_follows(step, next_step=none) -%}
    {%- set later = funnel_steps()[funnel_steps().index(step) + 1:] -%}
    select
        visitor_id,
        reached_at
        {%- for name in later %},
        {{ name }}_at
        {%- endfor %}
    from (
        select
            visitor_id,
            reached_at,
            place
            {%- for name in later %},
            {{ first_value_known(name ~ '_at') }} over following as {{ name }}_at
            {%- endfor %}
        from (
            select
                visitor_id,
                reached_at,
                1 as place
                {%- for name in later %},
                cast(null as timestamp) as {{ name }}_at
                {%- endfor %}
            from ({{ step_moments(step) }}) as own
            {%- if later %}
            union all
            select
                visitor_id,
                reached_at,
                2
                {%- for name in later %},
                {{ 'reached_at' if loop.first else name ~ '_at' }}
                {%- endfor %}
            from {{ next_step }}
            {%- endif %}
        ) as both_steps
        window following as (
            partition by visitor_id order by reached_at, place
            rows between current row and unbounded following
        )
    ) as followed
    where place = 1
{%- endmacro %}


{# The two ways to count, and for how long each may still change. #}
{% macro funnel_bases() -%}
    select 'session' as funnel_basis, {{ var('robot_session_days') }} as open_days
    union all
    select 'visitor' as funnel_basis, {{ var('funnel_window_days') }} as open_days
{%- endmacro %}


{# Those of a reach that had the cell's stage at all. #}
{% macro stage_count() -%}
    case cells.step_name
        {%- for name in funnel_steps() %}
        when '{{ name }}' then reach.{{ name }}_count
        {%- endfor %}
    end
{%- endmacro %}
