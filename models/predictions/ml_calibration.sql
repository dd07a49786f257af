select
    cast(null as string) as model_version,
    cast(null as string) as candidate,
    cast(null as string) as split,
    cast(null as bigint) as bin_number,
    cast(null as bigint) as row_count,
    cast(null as double) as mean_probability,
    cast(null as double) as observed_rate,
    cast(null as double) as rate_low,
    cast(null as double) as rate_high
where false
