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
{% macro share_of_first_touches(number, weight) -%}
    case attribution_model
        when 'first' then case when {{ number }} >= 1 then 1 else 0 end
        when 'last' then case when {{ number }} = touch_count then 1 else 0 end
        when 'last_non_direct' then case when {{ number }} >= last_named_number then 1 else 0 end
        when 'linear' then {{ share(number, 'touch_count') }}
        when 'position' then case
            when touch_count <= 2 or {{ number }} in (0, touch_count) then {{ share(number, 'touch_count') }}
            else {{ share('2 * (touch_count - 2) + ' ~ number ~ ' - 1', '5 * (touch_count - 2)') }}
        end
        when 'time_decay' then {{ share(weight, 'weight_of_all') }}
    end
{%- endmacro %}
