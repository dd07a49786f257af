-- depends_on: {{ ref('feat_customer__all') }}

select
    cast(null as string) as customer_id,
    cast(null as date) as as_of_date,
    cast(null as string) as model_version,
    cast(null as bigint) as segment_id,
    cast(null as string) as segment_name,
    cast(null as double) as segment_confidence,
    cast(null as boolean) as is_unusual,
    cast(null as timestamp) as scored_at
where false
