{# The states, in the order of a customer's life. #}
{% macro lifecycle_state_names() -%}
    {{ return(['lead', 'new', 'active', 'loyal', 'at_risk', 'lapsed', 'reactivated']) }}
{%- endmacro %}


{# Who was not known yet when the month began, as if it were a state. #}
{% macro arrived() -%}
    '(arrived)'
{%- endmacro %}


{# The one state on a day, of the purchase day before it and what int_purchase_stretches knows of that. NULL dates are
   never reached. #}
{% macro lifecycle_state(day) -%}
    case
        when {{ day }} >= lapsed_date then 'lapsed'
        when {{ day }} >= at_risk_date then 'at_risk'
        when {{ day }} < young_until_date then case when is_first_run then 'new' else 'reactivated' end
        when {{ day }} < loyal_until_date then 'loyal'
        else 'active'
    end
{%- endmacro %}


{# Whether a state may follow another; NULL is before the customer was known. #}
{% macro is_allowed_move(from_state, to_state) -%}
    case
        when {{ from_state }} is null then {{ to_state }} in ('lead', 'new')
        when {{ from_state }} = 'lead' then {{ to_state }} = 'new'
        when {{ from_state }} in ('new', 'reactivated') then {{ to_state }} in ('active', 'loyal', 'at_risk')
        when {{ from_state }} = 'active' then {{ to_state }} in ('loyal', 'at_risk')
        when {{ from_state }} = 'loyal' then {{ to_state }} in ('active', 'at_risk')
        when {{ from_state }} = 'at_risk' then {{ to_state }} in ('active', 'loyal', 'lapsed')
        when {{ from_state }} = 'lapsed' then {{ to_state }} = 'reactivated'
        else false
    end
{%- endmacro %}


{# The stocks of all states months ahead, as CTEs step_0, step_1 and so on: each is the one before times the matrix.
   Arrivals are a state of one customer that stays and sends its mean arrivals to the others. DuckDB multiplies decimals
   of 18 digits in 18 digits: one of them is made wider. #}
{% macro forecast_steps(months) -%}
    {%- for step in range(1, months + 1) %}
step_{{ step }} as (
    select
        stocks.origin_month,
        matrices.to_state as lifecycle_state,
        cast(sum(cast(stocks.expected_count as decimal(28, 8)) * matrices.weight) as decimal(18, 8)) as expected_count
    from step_{{ step - 1 }} as stocks
    inner join matrices
        on
            stocks.origin_month = matrices.origin_month
            and stocks.lifecycle_state = matrices.from_state
    group by stocks.origin_month, matrices.to_state
){{ ',\n' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro all_forecast_steps(months) -%}
    {%- for step in range(1, months + 1) %}
    select
        origin_month,
        lifecycle_state,
        cast({{ step }} as bigint) as months_ahead,
        expected_count
    from step_{{ step }}
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# The candidate horizons, in days. #}
{% macro horizon_grid() -%}
    {{ return([7, 14, 30, 45, 60, 90, 120, 180, 270, 365]) }}
{%- endmacro %}
