-- The champion's scores of its newest as-of date.
with champion_scores as (
    select scores.*
    from {{ ref('pred_clv') }} as scores
    inner join {{ ref('ml_training_runs') }} as runs
        on scores.model_version = runs.model_version
    where runs.task = 'clv' and runs.is_champion
),

newest as (
    select max(as_of_date) as as_of_date from champion_scores
)

select
    champion_scores.customer_id,
    champion_scores.as_of_date,
    champion_scores.model_version,
    champion_scores.horizon_days,
    champion_scores.alive_probability,
    champion_scores.expected_order_count,
    champion_scores.expected_margin_amount,
    champion_scores.clv_margin_365d_amount,
    champion_scores.next_order_date,
    champion_scores.next_order_low_date,
    champion_scores.next_order_high_date,
    champion_scores.scored_at
from champion_scores
inner join newest
    on champion_scores.as_of_date = newest.as_of_date
