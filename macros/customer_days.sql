{# The measures of a customer's day, in order, with their types. #}
{% macro day_measure_types() -%}
    {{ return({
        'order_count': 'bigint',
        'gross_amount': 'decimal(18, 4)',
        'discount_amount': 'decimal(18, 4)',
        'refund_amount': 'decimal(18, 4)',
        'margin_amount': 'decimal(18, 4)',
        'event_count': 'bigint',
        'active_event_count': 'bigint',
        'product_view_count': 'bigint',
        'cart_count': 'bigint',
        'message_count': 'bigint',
        'opened_count': 'bigint',
        'clicked_count': 'bigint',
        'unsubscribe_count': 'bigint',
        'ticket_count': 'bigint',
        'complaint_count': 'bigint',
        'review_count': 'bigint',
        'low_review_count': 'bigint',
    }) }}
{%- endmacro %}


{# Those that each source has. #}
{% macro order_day_measures() -%}
    {{ return(['order_count', 'gross_amount', 'discount_amount', 'refund_amount', 'margin_amount']) }}
{%- endmacro %}


{% macro visit_day_measures() -%}
    {{ return(['event_count', 'active_event_count', 'product_view_count', 'cart_count']) }}
{%- endmacro %}


{% macro contact_day_measures() -%}
    {{ return(['message_count', 'opened_count', 'clicked_count', 'unsubscribe_count', 'ticket_count', 'complaint_count',
        'review_count', 'low_review_count']) }}
{%- endmacro %}


{# All measures of a day: those the source has, and 0 for the others. #}
{% macro day_measures(own) -%}
    {%- for name, type in day_measure_types().items() %}
        cast({{ name if name in own else 0 }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# All measures, or those that a source has, summed. #}
{% macro day_totals(own=none) -%}
    {%- for name, type in day_measure_types().items() if not own or name in own %}
    cast(sum({{ name }}) as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# The kinds of day, each with what there must be some of. #}
{% macro day_kinds() -%}
    {{ return({
        'purchase': 'order_count',
        'active': 'order_count + active_event_count',
        'visit': 'event_count',
        'ticket': 'ticket_count',
        'opened': 'opened_count',
        'cart': 'cart_count',
        'complaint': 'complaint_count',
        'unsubscribe': 'unsubscribe_count',
    }) }}
{%- endmacro %}


{# The days of a relation by kind, where there is something to count, one row per customer, day and day it became known. #}
{% macro days_by_kind(relation, condition) -%}
    {%- for name, quantity in day_kinds().items() %}
    select
        customer_id,
        '{{ name }}' as day_kind,
        activity_date,
        known_date,
        {{ quantity }} as quantity
    from {{ relation }}
    where {{ quantity }} {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
