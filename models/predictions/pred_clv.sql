-- depends_on: {{ ref('feat_customer__all') }}
-- depends_on: {{ ref('feat_customer__value') }}

select
    cast(null as string) as customer_id,
    cast(null as date) as as_of_date,
    cast(null as string) as model_version,
    cast(null as bigint) as horizon_days,
    cast(null as double) as alive_probability,
    cast(null as double) as expected_order_count,
    cast(null as decimal(18, 4)) as expected_margin_amount,
    cast(null as decimal(18, 4)) as clv_margin_365d_amount,
    cast(null as date) as next_order_date,
    cast(null as date) as next_order_low_date,
    cast(null as date) as next_order_high_date,
    cast(null as timestamp) as scored_at
where false
