{# An invariant: the condition is true on every row (NULL counts as broken). #}
{% test holds(model, condition) %}
select *
from {{ model }}
where not coalesce(({{ condition }}), false)
{% endtest %}
