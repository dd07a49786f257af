select
    cast(null as string) as model_version,
    cast(null as string) as candidate,
    cast(null as bigint) as fit_count,
    cast(null as bigint) as fit_row_count,
    cast(null as double) as fit_seconds,
    cast(null as bigint) as score_row_count,
    cast(null as double) as score_seconds_per_1000
where false
