{% macro attribution_models() -%}
    {{ return(['first', 'last', 'last_non_direct', 'linear', 'position', 'time_decay']) }}
{%- endmacro %}


{# What a touch weighs among the touches of its conversion. Position: 2(n-2) at each end against 1 for each of the n-2
   between is 40/20/40. Last non-direct is the last touch that names a channel, else the last of all. Time decay is counted back from the last touch, so that one touch always weighs 1. #}
{% macro touch_weight() -%}
    cast(cast(case attribution_model
        when 'first' then case when touch_number = 1 then 1 else 0 end
        when 'last' then case when touch_number = touch_count then 1 else 0 end
        when 'last_non_direct' then case when touch_number = last_named_number then 1 else 0 end
        when 'linear' then 1
        when 'position' then case
            when touch_count <= 2 then 1
            when touch_number in (1, touch_count) then 2 * (touch_count - 2)
            else 1
        end
        when 'time_decay' then coalesce(
            power(0.5, {{ days_elapsed('touched_at', 'last_touched_at') }} / {{ var('attribution_half_life_days') }}), 1
        )
    end as double) as decimal(28, 12))
{%- endmacro %}
