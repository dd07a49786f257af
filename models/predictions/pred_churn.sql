-- depends_on: {{ ref('feat_customer__all') }}

select
    cast(null as string) as customer_id,
    cast(null as date) as as_of_date,
    cast(null as string) as model_version,
    cast(null as double) as churn_probability,
    cast(null as double) as probability_low,
    cast(null as double) as probability_high,
    cast(null as string) as risk_band,
    cast(null as string) as reason_1,
    cast(null as string) as reason_2,
    cast(null as string) as reason_3,
    cast(null as timestamp) as scored_at,
    cast(null as double) as churn_log_odds,
    cast(null as double) as baseline_log_odds,
    cast(null as double) as season_contribution,
    cast(null as string) as reason_1_topic,
    cast(null as string) as reason_2_topic,
    cast(null as string) as reason_3_topic,
    cast(null as double) as reason_1_contribution,
    cast(null as double) as reason_2_contribution,
    cast(null as double) as reason_3_contribution,
    cast(null as double) as other_contribution
where false
