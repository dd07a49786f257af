{# The signs that a customer may be leaving: each with the words the tables use. #}
{% macro sign_names() -%}
    {{ return(['browsing_fall', 'cart_abandoned', 'long_gap', 'ticket', 'complaint', 'unsubscribed']) }}
{%- endmacro %}


{# Spans [from_date, to_date) in which a relation's is_on holds; to_date is NULL where it still does. #}
{% macro switched_spans(relation, keys) -%}
    select
        {{ keys | join(', ') }},
        moved_date as from_date,
        to_date
    from (
        select
            *,
            lead(moved_date) over (partition by {{ keys | join(', ') }} order by moved_date) as to_date
        from (
            select
                *,
                lag(is_on) over (partition by {{ keys | join(', ') }} order by moved_date) as was_on
            from {{ relation }}
        ) as compared
        where is_on is distinct from coalesce(was_on, false)
    ) as switched
    where is_on
{%- endmacro %}


{# Days of one kind, each a sign from the day it was known for so many days, or for good. #}
{% macro days_as_sign(kind, sign, lasting) -%}
    select
        customer_id,
        '{{ sign }}' as sign_name,
        seen_date as from_date,
        least({{ add_days('activity_date', lasting) if lasting else "date '9999-12-31'" }}, undone_date) as to_date
    from days
    where day_kind = '{{ kind }}'
{%- endmacro %}


{# Whole days that hold the time after which a cart counts as abandoned. #}
{% macro cart_wait_days() -%}
    {{ (var('cart_wait_hours') / 24) | round(0, 'ceil') | int }}
{%- endmacro %}


{# A sign's date from which it holds, of the spans that hold at a date. #}
{% macro sign_since(sign) -%}
    max(case when spans.sign_name = '{{ sign }}' then spans.from_date end) as {{ sign }}_since_date
{%- endmacro %}


{# Days of silence after which the customer's own typical gap is exceeded by too much. #}
{% macro long_gap_days() -%}
    cast(floor({{ var('sign_gap_ratio') }} * rhythm.typical_gap_days) as bigint) + 1
{%- endmacro %}


{# How many signs hold, and when the newest began. #}
{% macro sign_count() -%}
    cast(
        {%- for sign in sign_names() %}
        case when {{ sign }}_since_date is null then 0 else 1 end{{ ' +' if not loop.last }}
        {%- endfor %} as bigint
    )
{%- endmacro %}


{% macro newest_sign_date() -%}
    nullif(greatest(
        {%- for sign in sign_names() %}
        coalesce({{ sign }}_since_date, date '1900-01-01'){{ ',' if not loop.last }}
        {%- endfor %}
    ), date '1900-01-01')
{%- endmacro %}


{# Per customer: snapshots, and those that churned, with each sign. #}
{% macro sign_totals() -%}
    {%- for sign in sign_names() %}
        count({{ sign }}_since_date) as {{ sign }}_count,
        cast(sum(case when {{ sign }}_since_date is not null then is_churned else 0 end) as bigint)
            as {{ sign }}_churned_count{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# The same with one row per sign: n1 snapshots with the sign and a1 of them churned, n0 and a0 without it. #}
{% macro totals_by_sign(relation, comparison, stratum) -%}
    {%- for sign in sign_names() %}
    select
        '{{ comparison }}' as comparison,
        '{{ sign }}' as sign_name,
        customer_id,
        {{ stratum }} as stratum,
        sum({{ sign }}_count) as n1,
        sum({{ sign }}_churned_count) as a1,
        sum(snapshot_count - {{ sign }}_count) as n0,
        sum(churned_count - {{ sign }}_churned_count) as a0
    from {{ relation }}
    group by 1, 2, 3, 4
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# How recently and how often somebody had bought: customers alike in this are compared. #}
{% macro buying_habit() -%}
    concat(
        case
            when rfm.recency_days <= 30 then 'within 30 days'
            when rfm.recency_days <= 60 then 'within 60 days'
            when rfm.recency_days <= 90 then 'within 90 days'
            when rfm.recency_days <= 180 then 'within 180 days'
            else 'longer ago'
        end,
        case
            when rfm.frequency_count = 1 then ', once'
            when rfm.frequency_count = 2 then ', twice'
            when rfm.frequency_count <= 4 then ', 3 or 4 times'
            else ', more often'
        end
    )
{%- endmacro %}


{# A customer's part in log(observed / expected), in one stratum: the parts add up to 0, and the sum of the squares of
   customers' parts is the variance. #}
{% macro part_in_log_lift() -%}
    (
        {{ share('members.a1', 'totals.with_churned_count') }}
        - (
            members.n1 * strata.p0
            + {{ share('strata.n1', 'strata.n0') }} * (members.a0 - strata.p0 * members.n0)
        ) / nullif(totals.expected_count, 0)
    )
{%- endmacro %}


{# Those without the sign who would have churned at the weighted rate. #}
{% macro expected_without() -%}
    ({{ share('totals.expected_count', 'totals.with_count') }} * totals.without_count)
{%- endmacro %}


{# An end of the lift's 95 % interval; NULL where nobody churned on one of the sides. #}
{% macro lift_end(sign) -%}
    case
        when totals.with_churned_count > 0 and totals.expected_count > 0
            then
                exp(
                    ln({{ share('totals.with_churned_count', 'totals.expected_count') }})
                    {{ sign }} 1.959963984540054 * errors.log_lift_error
                )
    end
{%- endmacro %}
