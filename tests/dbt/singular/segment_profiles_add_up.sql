-- The segments of a date hold every segmented customer and all of their revenue, once.
with profiles as (
    select
        model_version,
        as_of_date,
        sum(customer_count) as customer_count,
        sum(net_revenue_365d_amount) as net_revenue_amount,
        sum(customer_share) as customer_share
    from {{ ref('fct_segment_profile') }}
    group by model_version, as_of_date
),

segmented as (
    select
        segments.model_version,
        segments.as_of_date,
        count(*) as customer_count,
        sum(features.monetary_amount) as net_revenue_amount
    from {{ ref('pred_segment') }} as segments
    left join {{ ref('feat_customer__rfm') }} as features
        on
            segments.customer_id = features.customer_id
            and segments.as_of_date = features.as_of_date
    group by segments.model_version, segments.as_of_date
)

select
    segmented.model_version,
    segmented.as_of_date
from segmented
left join profiles
    on
        segmented.model_version = profiles.model_version
        and segmented.as_of_date = profiles.as_of_date
where
    profiles.customer_count is distinct from segmented.customer_count
    or profiles.net_revenue_amount is distinct from segmented.net_revenue_amount
    or abs(profiles.customer_share - 1) > 1e-9
