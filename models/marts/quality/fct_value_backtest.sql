-- Past predictions of value against what came, by tenth of the customers; a row appears once its horizon has passed.
-- A model that was fitted on outcomes of days after the as-of date knew some of what it predicts.
with outcomes as (
    select
        predictions.model_version,
        predictions.as_of_date,
        predictions.horizon_days,
        {{ add_days('runs.deployed_last_train_date', 'runs.horizon_days') }} <= predictions.as_of_date
        and runs.deployed_calibration_date <= predictions.as_of_date as is_out_of_sample,
        predictions.expected_margin_amount,
        labels.future_margin_amount,
        row_number() over ranked as value_rank,
        count(*) over (partition by predictions.model_version, predictions.as_of_date) as predicted_count
    from {{ ref('pred_clv') }} as predictions
    inner join {{ ref('ml_training_runs') }} as runs
        on predictions.model_version = runs.model_version
    inner join {{ ref('label_future_value') }} as labels
        on
            predictions.customer_id = labels.customer_id
            and predictions.as_of_date = labels.as_of_date
            and predictions.horizon_days = labels.horizon_days
    where labels.future_margin_amount is not null
    window ranked as (
        partition by predictions.model_version, predictions.as_of_date
        order by predictions.expected_margin_amount desc, predictions.customer_id asc
    )
),

binned as (
    select
        *,
        cast(1 + floor(10 * (value_rank - 1) / predicted_count) as bigint) as decile
    from outcomes
)

select
    model_version,
    as_of_date,
    decile,
    max(horizon_days) as horizon_days,
    bool_and(is_out_of_sample) as is_out_of_sample,
    count(*) as customer_count,
    cast(sum(expected_margin_amount) as decimal(18, 4)) as expected_margin_amount,
    cast(sum(future_margin_amount) as decimal(18, 4)) as actual_margin_amount
from binned
group by model_version, as_of_date, decile
