{# An invariant: the condition is true on every row (NULL counts as broken). `arrived_by` and `drawn_by` as in
   unique_grain. #}
{% test holds(model, condition, arrived_by=none, drawn_by=none) %}
select *
from {{ model }}
where not coalesce(({{ condition }}), false) {{ and_arrived(arrived_by) }} {{ and_drawn(drawn_by) }}
{% endtest %}
