{% macro attribution_models() -%}
    {{ return(['first', 'last', 'last_non_direct', 'linear', 'position', 'time_decay']) }}
{%- endmacro %}


{# Those that give every touch its share; the others give the order to one touch. #}
{% macro sharing_models() -%}
    {{ return(['linear', 'position', 'time_decay']) }}
{%- endmacro %}


{# What a touch weighs in time decay, counted back from the last touch, so that one touch always weighs 1. #}
{% macro decayed_weight() -%}
    cast(coalesce(
        power(cast(0.5 as double), {{ days_elapsed('touched_at', 'last_touched_at') }} / {{ var('attribution_half_life_days') }}), 1
    ) as decimal(28, 12))
{%- endmacro %}


{# Whether a touch has all of its order, in the models that give it to one touch. Last non-direct: nothing that names a channel
   comes after it, or it is the last where none does. #}
{% macro is_the_one_touch(attribution_model) -%}
    {%- if attribution_model == 'first' -%}
        touch_number = 1
    {%- elif attribution_model == 'last' -%}
        touch_number = touch_count
    {%- elif attribution_model == 'last_non_direct' -%}
        case when named_count = 0 then touch_number = touch_count else channel <> 'direct' and named_count_from_here = 1 end
    {%- endif -%}
{%- endmacro %}


{# What the first `number` touches of an order have of it together, from 0 to 1, in the models that share it out. Position: each
   end weighs 2(n-2), each of the n-2 between 1, which is 40/20/40. `weight` is the sum of the decayed weights of these touches. #}
{% macro share_of_first_touches(attribution_model, number, weight) -%}
    {%- if attribution_model == 'linear' -%}
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


{# By each model that shares an order out, what the touches before a touch have of it, and what they have with it. #}
{% macro shares_of_first_touches() -%}
    {%- for name in sharing_models() -%}
        {{ as_rate(share_of_first_touches(name, '(touch_number - 1)', 'weight_so_far - weight')) }} as {{ name }}_before,
        {{ as_rate(share_of_first_touches(name, 'touch_number', 'weight_so_far')) }} as {{ name }}_with{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# By each model, a touch's share of its order and of the order's net revenue. #}
{% macro credits_by_model() -%}
    {%- for name in attribution_models() -%}
    {%- if name in sharing_models() -%}
    cast({{ name }}_with - {{ name }}_before as decimal(18, 8)) as {{ name }}_credit,
    cast(
        cast({{ name }}_with * net_revenue_amount as decimal(18, 4))
        - cast({{ name }}_before * net_revenue_amount as decimal(18, 4)) as decimal(18, 4)
    ) as {{ name }}_revenue_amount
    {%- else -%}
    cast(case when {{ is_the_one_touch(name) }} then 1 else 0 end as decimal(18, 8)) as {{ name }}_credit,
    cast(case when {{ is_the_one_touch(name) }} then net_revenue_amount else 0 end as decimal(18, 4)) as {{ name }}_revenue_amount
    {%- endif -%}
    {{ ',\n    ' if not loop.last }}
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
