{# The number of the stretch of time, as long as a session's gap, that an instant falls into. Two events of one visitor
   in one stretch are less than a gap apart, so they are of one session: sessions are runs of stretches. #}
{% macro session_stretch(instant) -%}
    {{ return(adapter.dispatch('time_stretch', 'clm')(instant, var('session_gap_minutes'))) }}
{%- endmacro %}


{# What events are ordered by: time, and event_id where two happen at the same instant. #}
{% macro event_order() -%}
    {{ return(adapter.dispatch('event_order', 'clm')()) }}
{%- endmacro %}


{# The first or last value that is not NULL, by an order. #}
{% macro first_known(column, order) -%}
    min_by({{ column }}, {{ order }}) filter (where {{ column }} is not null)
{%- endmacro %}


{% macro last_known(column, order) -%}
    max_by({{ column }}, {{ order }}) filter (where {{ column }} is not null)
{%- endmacro %}


{# Window functions: the first and the last value that is not NULL. #}
{% macro first_value_known(column) -%}
    {{ return(adapter.dispatch('value_known', 'clm')('first_value', column)) }}
{%- endmacro %}


{% macro last_value_known(column) -%}
    {{ return(adapter.dispatch('value_known', 'clm')('last_value', column)) }}
{%- endmacro %}


{# When a session's stages were first and last reached: all that a funnel needs of the events. The last product view
   is not needed: what follows a view follows the first one too. #}
{% macro stage_moments() -%}
    {%- set moments = [('min', 'product_view'), ('min', 'cart'), ('max', 'cart'), ('min', 'checkout'), ('max', 'checkout'),
        ('min', 'purchase'), ('max', 'purchase')] -%}
    {%- for aggregate, stage in moments -%}
        {{ aggregate }}(occurred_at) filter (where activity_types.stage = '{{ stage }}')
            as {{ 'first' if aggregate == 'min' else 'last' }}_{{ stage }}_at{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
