-- The champion's scores of its newest as-of date.
with champion_scores as (
    select scores.*
    from {{ ref('pred_churn') }} as scores
    inner join {{ ref('ml_training_runs') }} as runs
        on scores.model_version = runs.model_version
    where runs.task = 'churn' and runs.is_champion
),

newest as (
    select max(as_of_date) as as_of_date from champion_scores
)

select
    champion_scores.customer_id,
    champion_scores.as_of_date,
    champion_scores.model_version,
    champion_scores.churn_probability,
    champion_scores.probability_low,
    champion_scores.probability_high,
    champion_scores.risk_band,
    champion_scores.reason_1,
    champion_scores.reason_2,
    champion_scores.reason_3,
    champion_scores.scored_at,
    champion_scores.churn_log_odds,
    champion_scores.baseline_log_odds,
    champion_scores.season_contribution,
    champion_scores.reason_1_topic,
    champion_scores.reason_2_topic,
    champion_scores.reason_3_topic,
    champion_scores.reason_1_contribution,
    champion_scores.reason_2_contribution,
    champion_scores.reason_3_contribution,
    champion_scores.other_contribution
from champion_scores
inner join newest
    on champion_scores.as_of_date = newest.as_of_date
