{# The contact rule. `terms` is int_contact_terms: what an offer costs and does. #}

{# What contacting a customer is expected to bring: with probability p they would leave, are kept at the success rate,
   and then bring `value` less the offer; the others take the offer at the take rate; the contact costs in any case. #}
{% macro contact_profit(probability, value) -%}
    (
        {{ probability }} * terms.offer_success_rate
        * (cast({{ value }} as double) - cast(terms.offer_cost_amount as double))
        - (1 - {{ probability }}) * terms.offer_take_rate * cast(terms.offer_cost_amount as double)
        - cast(terms.contact_cost_amount as double)
    )
{%- endmacro %}


{# The probability from which on that is above 0; NULL where it is not even for somebody who is certain to leave. #}
{% macro contact_threshold(value) -%}
    case
        when {{ contact_profit('1.0', value) }} > 0
            then
                (
                    terms.offer_take_rate * cast(terms.offer_cost_amount as double)
                    + cast(terms.contact_cost_amount as double)
                )
                / (
                    terms.offer_success_rate
                    * (cast({{ value }} as double) - cast(terms.offer_cost_amount as double))
                    + terms.offer_take_rate * cast(terms.offer_cost_amount as double)
                )
    end
{%- endmacro %}
