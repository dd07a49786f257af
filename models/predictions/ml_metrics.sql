select
    cast(null as string) as model_version,
    cast(null as string) as candidate,
    cast(null as boolean) as is_chosen,
    cast(null as string) as split,
    cast(null as string) as metric,
    cast(null as double) as metric_value,
    cast(null as double) as value_low,
    cast(null as double) as value_high,
    cast(null as bigint) as row_count
where false
