{# The model's grain: no two rows share these columns, and none of them is NULL. `arrived_by` names the column by which
   events arrive: a refresh then looks at what arrived only, and `arrived_since` an instant or a day of theirs.
   `drawn_by` names the key of which one in 256 is looked at, where a view is dear and nobody reads the whole of it. #}
{% test unique_grain(model, columns, arrived_by=none, arrived_since=none, drawn_by=none) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
where true {{ and_arrived(arrived_by, arrived_since) }} {{ and_drawn(drawn_by) }}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %}or {{ column }} is null {% endfor %}
{% endtest %}
