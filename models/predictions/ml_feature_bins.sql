select
    cast(null as string) as model_version,
    cast(null as string) as feature_name,
    cast(null as bigint) as bin_number,
    cast(null as double) as lower_bound,
    cast(null as double) as upper_bound,
    cast(null as bigint) as train_row_count
where false
