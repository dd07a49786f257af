{# The model's grain: no two rows share these columns, and none of them is NULL. `arrived_by` names the column by which
   events arrive: a refresh then looks at what arrived only. #}
{% test unique_grain(model, columns, arrived_by=none) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
where true {{ and_arrived(arrived_by) }}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %}or {{ column }} is null {% endfor %}
{% endtest %}
