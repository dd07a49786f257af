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
