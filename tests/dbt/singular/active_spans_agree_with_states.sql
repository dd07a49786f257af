-- Whoever is neither lead nor lapsed today is in a run of active days by activity, and nobody else is.
with active as (
    select spans.customer_id
    from {{ ref('int_active_spans') }} as spans
    cross join {{ ref('int_watermark') }} as watermark
    where
        spans.churn_basis = 'activity'
        and watermark.watermark_date between spans.active_from_date and spans.active_to_date
)

select
    states.customer_id,
    states.lifecycle_state
from {{ ref('int_customers__today') }} as states
left join active
    on states.customer_id = active.customer_id
where (active.customer_id is not null) <> coalesce(states.lifecycle_state not in ('lead', 'lapsed'), false)
