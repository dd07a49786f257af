{# A score of 1 to 5 from a rank among n: equal ranks get equal scores. #}
{% macro rank_score(rank, n) -%}
    cast(1 + floor(5 * ({{ rank }} - 1) / {{ n }}) as bigint)
{%- endmacro %}


{# The ends of the 95 % Wilson interval of a share; NULL where nobody could qualify. #}


{% macro wilson_low(successes, trials) -%}
    {{ _wilson(successes, trials, '-') }}
{%- endmacro %}


{% macro wilson_high(successes, trials) -%}
    {{ _wilson(successes, trials, '+') }}
{%- endmacro %}


{% macro _wilson(successes, trials, sign) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set n = 'nullif(cast(' ~ trials ~ ' as double), 0)' -%}
    {%- set p = '(cast(' ~ successes ~ ' as double) / ' ~ n ~ ')' -%}
    (
        {{ p }} + {{ z * z / 2 }} / {{ n }}
        {{ sign }} {{ z }} * sqrt(({{ p }} * (1 - {{ p }}) + {{ z * z / 4 }} / {{ n }}) / {{ n }})
    ) / (1 + {{ z * z }} / {{ n }})
{%- endmacro %}


{# A rate and the ends of its 95 % Wilson interval. #}
{% macro rate_with_interval(part, whole, name) -%}
    {{ share(part, whole) }} as {{ name }},
    {{ wilson_low(part, whole) }} as {{ name }}_low,
    {{ wilson_high(part, whole) }} as {{ name }}_high
{%- endmacro %}


{# The median as a double; unknown values do not count. #}
{% macro median(measure) -%}
    percentile_cont(0.5) within group (order by cast({{ measure }} as double))
{%- endmacro %}


{# The mean of probabilities, added up exactly: a sum of doubles depends on the order of the rows. #}
{% macro mean_probability(column) -%}
    {{ share('sum(cast(' ~ column ~ ' as decimal(18, 8)))', 'count(' ~ column ~ ')') }}
{%- endmacro %}
