select
    cast(null as string) as model_version,
    cast(null as bigint) as segment_id,
    cast(null as string) as segment_name,
    cast(null as bigint) as customer_count,
    cast(null as double) as stability,
    cast(null as double) as overlap_before,
    cast(null as string) as trait_1,
    cast(null as string) as trait_2,
    cast(null as string) as trait_3
where false
