-- Past segments against what happened in the horizon after them; NULL until it has passed.
with outcomes as (
    select
        segments.model_version,
        segments.as_of_date,
        segments.segment_id,
        segments.segment_name,
        churn.is_churned,
        worth.future_net_revenue_amount
    from {{ ref('pred_segment') }} as segments
    left join {{ ref('label_churn') }} as churn
        on
            segments.customer_id = churn.customer_id
            and segments.as_of_date = churn.as_of_date
    left join {{ ref('label_future_value') }} as worth
        on
            segments.customer_id = worth.customer_id
            and segments.as_of_date = worth.as_of_date
),

counted as (
    select
        model_version,
        as_of_date,
        segment_id,
        segment_name,
        count(*) as customer_count,
        count(future_net_revenue_amount) = count(*) as is_matured,
        count(is_churned) as eligible_count,
        sum(is_churned) as churned_count,
        sum(future_net_revenue_amount) as future_net_revenue_amount
    from outcomes
    group by model_version, as_of_date, segment_id, segment_name
)

select
    model_version,
    as_of_date,
    segment_id,
    segment_name,
    customer_count,
    is_matured,
    cast(case when is_matured then eligible_count end as bigint) as eligible_count,
    cast(case when is_matured then coalesce(churned_count, 0) end as bigint) as churned_count,
    {{ rate_with_interval(
        'case when is_matured then churned_count end', 'case when is_matured then eligible_count end', 'churn_rate'
    ) }},
    cast(case when is_matured then future_net_revenue_amount end as decimal(18, 4)) as future_net_revenue_amount
from counted
