-- A view: a touch is computed once, with the credit that each model gives it, and has a row for each of them here.
with models as (
    {{ listed_words(attribution_models(), 'attribution_model') }}
)

select
    touches.order_id,
    touches.touch_kind,
    touches.touch_id,
    models.attribution_model,
    touches.customer_id,
    touches.ordered_at,
    touches.ordered_date,
    touches.touched_at,
    touches.touch_number,
    touches.touch_count,
    touches.channel,
    touches.campaign_id,
    {{ by_attribution_model('touches', 'credit') }} as credit,
    {{ by_attribution_model('touches', 'revenue_amount') }} as attributed_revenue_amount
from {{ ref('fct_order_touches') }} as touches
cross join models
