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


{# What a session is made of, in order. #}
{% macro session_columns() -%}
    visitor_id, started_at, ended_at, event_count, page_view_count, product_view_count, cart_count, checkout_count,
    purchase_count, entry_page, exit_page, utm_source, utm_medium, utm_campaign, device,
    lowest_customer_id, highest_customer_id
{%- endmacro %}


{# The events that sessions are drawn of: all of them, or those of the touched visitors from where they are touched. #}
{% macro events_to_gather() -%}
    {%- set touched = ref('int_visitors__touched') -%}
    {%- if is_held('int_sessions') -%}
    (
        select events.*
        from {{ ref('int_events') }} as events
        inner join {{ touched }} as touched
            on
                events.visitor_id = touched.visitor_id
                and events.occurred_at >= touched.drawn_from
        where true {{ and_not_before('int_sessions', 'events.occurred_at', touched, 'drawn_from') }}
    ) as events
    {%- else -%}
    {{ ref('int_events') }} as events
    {%- endif -%}
{%- endmacro %}
