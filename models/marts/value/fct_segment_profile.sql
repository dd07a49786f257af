-- What the customers of a segment are like, and how those segmented before have gone on.
with members as (
    select
        segments.*,
        features.recency_days,
        features.frequency_count,
        features.monetary_amount,
        features.order_count_365d,
        features.active_days_90d,
        features.tenure_days,
        scores.churn_probability
    from {{ ref('pred_segment') }} as segments
    left join {{ ref('feat_customer__all') }} as features
        on
            segments.customer_id = features.customer_id
            and segments.as_of_date = features.as_of_date
    left join {{ ref('ml_training_runs') }} as churn_runs
        on churn_runs.task = 'churn' and churn_runs.is_champion
    left join {{ ref('pred_churn') }} as scores
        on
            segments.customer_id = scores.customer_id
            and segments.as_of_date = scores.as_of_date
            and churn_runs.model_version = scores.model_version
),

profiles as (
    select
        model_version,
        as_of_date,
        segment_id,
        segment_name,
        count(*) as customer_count,
        count(*) filter (where is_unusual) as unusual_count,
        {{ summed_amount('monetary_amount') }} as net_revenue_365d_amount,
        sum(order_count_365d) as order_count_365d,
        {{ median('recency_days') }} as recency_days_median,
        {{ median('frequency_count') }} as frequency_median,
        {{ median('monetary_amount') }} as monetary_median,
        {{ median('active_days_90d') }} as active_days_90d_median,
        {{ median('tenure_days') }} as tenure_days_median,
        {{ mean_probability('churn_probability') }} as mean_churn_probability
    from members
    group by model_version, as_of_date, segment_id, segment_name
),

compared as (
    select
        *,
        sum(customer_count) over (partition by model_version, as_of_date) as all_customer_count,
        sum(net_revenue_365d_amount) over (partition by model_version, as_of_date) as all_net_revenue_amount
    from profiles
)

select
    compared.model_version,
    compared.as_of_date,
    compared.segment_id,
    compared.segment_name,
    coalesce(runs.is_champion, false) as is_champion,
    compared.customer_count,
    {{ share('compared.customer_count', 'compared.all_customer_count') }} as customer_share,
    compared.unusual_count,
    compared.net_revenue_365d_amount,
    {{ share('compared.net_revenue_365d_amount', 'compared.all_net_revenue_amount') }} as net_revenue_share,
    {{ as_amount(share('compared.net_revenue_365d_amount', 'compared.customer_count')) }}
        as net_revenue_per_customer_amount,
    {{ as_amount(share('compared.net_revenue_365d_amount', 'compared.order_count_365d')) }} as average_order_amount,
    {{ as_amount('compared.monetary_median') }} as monetary_median_amount,
    compared.recency_days_median,
    compared.frequency_median,
    compared.active_days_90d_median,
    compared.tenure_days_median,
    compared.mean_churn_probability,
    outcomes.is_matured,
    outcomes.eligible_count,
    outcomes.churned_count,
    outcomes.churn_rate,
    outcomes.churn_rate_low,
    outcomes.churn_rate_high,
    {{ as_amount(share('outcomes.future_net_revenue_amount', 'compared.customer_count')) }}
        as future_net_revenue_per_customer_amount,
    segments.stability,
    segments.trait_1,
    segments.trait_2,
    segments.trait_3
from compared
left join {{ ref('ml_training_runs') }} as runs
    on compared.model_version = runs.model_version
left join {{ ref('ml_segments') }} as segments
    on
        compared.model_version = segments.model_version
        and compared.segment_id = segments.segment_id
left join {{ ref('fct_segment_outcomes') }} as outcomes
    on
        compared.model_version = outcomes.model_version
        and compared.as_of_date = outcomes.as_of_date
        and compared.segment_id = outcomes.segment_id
