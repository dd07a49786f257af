{# The margin assumed where a unit cost is unknown. #}
{% macro margin_rate() -%}
    cast({{ var('gross_margin_rate') }} as decimal(9, 4))
{%- endmacro %}


{# The margin a refund takes back: all of it where the cost is known, else the assumed share. #}
{% macro refunded_margin(refund, is_cost_known) -%}
    cast({{ refund }} * case when {{ is_cost_known }} then 1 else {{ margin_rate() }} end as decimal(18, 4))
{%- endmacro %}


{# A double as an amount. It passes through eight digits, so that what stands on half a unit, which a double holds a
   little more or a little less of, rounds up on every engine. #}
{% macro as_amount(value, digits=4) -%}
    cast(cast({{ value }} as decimal(28, 8)) as decimal(18, {{ digits }}))
{%- endmacro %}


{# A double as a rate, in the same way. #}
{% macro as_rate(value) -%}
    cast(cast({{ value }} as decimal(30, 12)) as decimal(18, 8))
{%- endmacro %}


{# A part of a whole as a double; NULL where there is no whole. #}
{% macro share(part, whole) -%}
    cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0)
{%- endmacro %}


{# An order in another currency needs a rate of its own and one of the reporting currency, both by its day. #}
{% macro has_no_rate(rates) -%}
    ordered_at is not null
    and upper(currency) <> '{{ var("reporting_currency") }}'
    and (
        coalesce({{ business_date('ordered_at') }} < (
            select min(traded.valid_from_date) from {{ rates }} as traded
            where traded.currency = upper(typed.currency)
        ), true)
        or coalesce({{ business_date('ordered_at') }} < (
            select min(reporting.valid_from_date) from {{ rates }} as reporting
            where reporting.currency = '{{ var("reporting_currency") }}'
        ), true)
    )
{%- endmacro %}


{# A sum of amounts, as an amount. #}
{% macro summed_amount(expression) -%}
    cast(sum({{ expression }}) as decimal(18, 4))
{%- endmacro %}


{# An amount, 0 where nothing was booked; NULL where it is not known yet. #}
{% macro known_amount(amount, is_known) -%}
    cast(case when {{ is_known }} then coalesce({{ amount }}, 0) end as decimal(18, 4))
{%- endmacro %}


{# A channel's spend of a month, of joined `spend` and `known_from`: 0 is known from the channel's first spend on. #}
{% macro spend_of(month) -%}
    cast(coalesce(spend.spend_amount, case when {{ month }} >= known_from.first_spend_month then 0 end) as decimal(18, 4))
{%- endmacro %}
