-- Past scores against what happened, in ten bins of equal count; a row appears once its horizon has passed.
-- A model that was fitted on outcomes of days after the as-of date knew some of what it predicts.
with outcomes as (
    select
        scores.model_version,
        scores.as_of_date,
        {{ is_out_of_sample('scores.as_of_date') }} as is_out_of_sample,
        scores.churn_probability,
        labels.is_churned,
        row_number() over scored as score_rank,
        count(*) over (partition by scores.model_version, scores.as_of_date) as scored_count
    from {{ ref('pred_churn') }} as scores
    inner join {{ ref('ml_training_runs') }} as runs
        on scores.model_version = runs.model_version
    inner join {{ ref('label_churn') }} as labels
        on
            scores.customer_id = labels.customer_id
            and scores.as_of_date = labels.as_of_date
    where labels.is_churned is not null
    window scored as (
        partition by scores.model_version, scores.as_of_date
        order by scores.churn_probability, scores.customer_id
    )
),

binned as (
    select
        *,
        cast(1 + floor(10 * (score_rank - 1) / scored_count) as bigint) as bin_number
    from outcomes
)

select
    model_version,
    as_of_date,
    bin_number,
    bool_and(is_out_of_sample) as is_out_of_sample,
    count(*) as customer_count,
    {{ mean_probability('churn_probability') }} as mean_probability,
    cast(sum(is_churned) as bigint) as churned_count,
    {{ rate_with_interval('sum(is_churned)', 'count(*)', 'churn_rate') }}
from binned
group by model_version, as_of_date, bin_number
