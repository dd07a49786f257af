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


{# All measures of a day: those the source has, and 0 for the others. #}
{% macro day_measures(own) -%}
    {%- for name, type in day_measure_types().items() %}
        cast({{ name if name in own else 0 }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# All measures, summed. #}
{% macro day_totals() -%}
    {%- for name, type in day_measure_types().items() %}
    cast(sum({{ name }}) as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# The entries of one kind of day, one row per customer, day and day it became known. #}
{% macro day_kind(name, quantity) -%}
    select
        customer_id,
        '{{ name }}' as day_kind,
        activity_date,
        known_date,
        {{ quantity }} as quantity
    from {{ ref('int_customer_days') }}
    where {{ quantity }} <> 0
{%- endmacro %}
