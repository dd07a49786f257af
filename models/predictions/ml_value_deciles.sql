select
    cast(null as string) as model_version,
    cast(null as string) as candidate,
    cast(null as string) as split,
    cast(null as bigint) as decile,
    cast(null as bigint) as customer_count,
    cast(null as double) as mean_predicted_margin,
    cast(null as double) as mean_actual_margin,
    cast(null as double) as share_of_actual
where false
