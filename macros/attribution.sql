{% macro attribution_models() -%}
    {{ return(['first', 'last', 'last_non_direct', 'linear', 'position', 'time_decay']) }}
{%- endmacro %}


{# What a touch weighs in time decay, counted back from the last touch, so that one touch always weighs 1. #}
{% macro decayed_weight() -%}
    cast(coalesce(
        power(cast(0.5 as double), {{ days_elapsed('touched_at', 'last_touched_at') }} / {{ var('attribution_half_life_days') }}), 1
    ) as decimal(28, 12))
{%- endmacro %}


{# What the first `number` touches of an order have of it together, from 0 to 1. Position: each end weighs 2(n-2), each of
   the n-2 between 1, which is 40/20/40. Last non-direct is the last touch that names a channel, else the last of all.
   `weight` is the sum of the decayed weights of these touches. #}
{% macro share_of_first_touches(attribution_model, number, weight) -%}
    {%- if attribution_model == 'first' -%}
        case when {{ number }} >= 1 then 1 else 0 end
    {%- elif attribution_model == 'last' -%}
        case when {{ number }} = touch_count then 1 else 0 end
    {%- elif attribution_model == 'last_non_direct' -%}
        case when {{ number }} >= last_named_number then 1 else 0 end
    {%- elif attribution_model == 'linear' -%}
        {{ share(number, 'touch_count') }}
    {%- elif attribution_model == 'position' -%}
        case
            when touch_count <= 2 or {{ number }} in (0, touch_count) then {{ share(number, 'touch_count') }}
            else {{ share('2 * (touch_count - 2) + ' ~ number ~ ' - 1', '5 * (touch_count - 2)') }}
        end
    {%- elif attribution_model == 'time_decay' -%}
        {{ share(weight, 'weight_of_all') }}
    {%- endif -%}
{%- endmacro %}


{# By each model, what the touches before a touch have of its order, and what they have with it. #}
{% macro shares_of_first_touches() -%}
    {%- for name in attribution_models() -%}
        {{ as_rate(share_of_first_touches(name, '(touch_number - 1)', 'weight_so_far - weight')) }} as {{ name }}_before,
        {{ as_rate(share_of_first_touches(name, 'touch_number', 'weight_so_far')) }} as {{ name }}_with{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# By each model, a touch's share of its order and of the order's net revenue. #}
{% macro credits_by_model() -%}
    {%- for name in attribution_models() -%}
    cast({{ name }}_with - {{ name }}_before as decimal(18, 8)) as {{ name }}_credit,
    cast(
        cast({{ name }}_with * net_revenue_amount as decimal(18, 4))
        - cast({{ name }}_before * net_revenue_amount as decimal(18, 4)) as decimal(18, 4)
    ) as {{ name }}_revenue_amount{{ ',\n    ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# The column of the model that a row is of. #}
{% macro by_attribution_model(relation, column) -%}
    case models.attribution_model
    {%- for name in attribution_models() %}
        when '{{ name }}' then {{ relation }}.{{ name }}_{{ column }}
    {%- endfor %}
    end
{%- endmacro %}
