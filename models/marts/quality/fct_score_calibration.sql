-- Past scores against what happened, all customers of a date together; a row appears once its horizon has passed.
-- A model that was fitted on outcomes of days after the as-of date knew some of what it predicts.
with outcomes as (
    select
        scores.model_version,
        scores.as_of_date,
        {{ is_out_of_sample('scores.as_of_date') }} as is_out_of_sample,
        scores.churn_probability,
        labels.is_churned,
        rank() over scored as score_rank,
        count(*) over (partition by scores.model_version, scores.as_of_date, scores.churn_probability) as tied_count
    from {{ ref('pred_churn') }} as scores
    inner join {{ ref('ml_training_runs') }} as runs
        on scores.model_version = runs.model_version
    inner join {{ ref('label_churn') }} as labels
        on
            scores.customer_id = labels.customer_id
            and scores.as_of_date = labels.as_of_date
    where labels.is_churned is not null
    window scored as (partition by scores.model_version, scores.as_of_date order by scores.churn_probability)
),

summed as (
    select
        model_version,
        as_of_date,
        is_out_of_sample,
        count(*) as customer_count,
        cast(sum(is_churned) as bigint) as churned_count,
        cast(sum(cast(churn_probability as decimal(18, 6))) as double) as expected_count,
        cast(sum(cast(power(churn_probability - is_churned, 2) as decimal(18, 12))) as double) as squared_error,
        cast(sum(case when is_churned = 1 then 2 * score_rank + tied_count - 1 else 0 end) as double) / 2 as rank_sum
    from outcomes
    group by model_version, as_of_date, is_out_of_sample
)

select
    model_version,
    as_of_date,
    is_out_of_sample,
    customer_count,
    churned_count,
    expected_count / customer_count as mean_probability,
    {{ rate_with_interval('churned_count', 'customer_count', 'churn_rate') }},
    squared_error / customer_count as brier_score,
    (churned_count / cast(customer_count as double)) * (1 - churned_count / cast(customer_count as double))
        as brier_score_of_rate,
    (rank_sum - churned_count * (churned_count + 1) / cast(2 as double))
    / nullif(cast(churned_count as double) * (customer_count - churned_count), 0) as auc
from summed
