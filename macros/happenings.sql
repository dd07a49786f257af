{# Every version of a row at which something happened, under the day it happened and the day that was known. #}
{% macro happening(base_model, happened_at, name, condition='true') -%}
    select
        customer_id,
        '{{ name }}' as happening,
        {{ business_date(happened_at) }} as activity_date,
        greatest({{ business_date(happened_at) }}, {{ business_date('known_at') }}) as known_date,
        {{ business_date('superseded_at') }} as superseded_date
    from {{ ref(base_model) }}
    where row_status <> 'quarantined' and {{ happened_at }} is not null and {{ condition }}
{%- endmacro %}


{% macro happening_count(name) -%}
    cast(sum(case when happening = '{{ name }}' then sign else 0 end) as bigint) as {{ name }}
{%- endmacro %}
