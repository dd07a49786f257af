{# An invariant: the condition is true on every row (NULL counts as broken). `arrived_by`, `arrived_since`
   and `drawn_by` as in unique_grain. #}
{% test holds(model, condition, arrived_by=none, arrived_since=none, drawn_by=none) %}
select *
from {{ model }}
where not coalesce(({{ condition }}), false) {{ and_arrived(arrived_by, arrived_since) }} {{ and_drawn(drawn_by) }}
{% endtest %}
