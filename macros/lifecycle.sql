{# The one state a customer is in, from the days since the last, the first and the returning purchase. #}
{% macro lifecycle_state() -%}
    case
        when recency_days is null then 'lead'
        when recency_days > horizon_days then 'lapsed'
        when recency_days > {{ var('at_risk_share') }} * horizon_days then 'at_risk'
        when first_purchase_age_days <= {{ var('new_days') }} then 'new'
        when reactivation_age_days <= {{ var('new_days') }} then 'reactivated'
        when purchase_days_365d >= {{ var('loyal_purchase_days') }} then 'loyal'
        else 'active'
    end
{%- endmacro %}


{# The candidate horizons, in days, as rows. #}
{% macro horizon_grid() -%}
    {%- for horizon_days in [7, 14, 30, 45, 60, 90, 120, 180, 270, 365] %}
    select cast({{ horizon_days }} as bigint) as horizon_days
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
