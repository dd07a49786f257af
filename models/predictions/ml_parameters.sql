select
    cast(null as string) as model_version,
    cast(null as date) as as_of_date,
    cast(null as string) as candidate,
    cast(null as string) as parameter,
    cast(null as double) as parameter_value,
    cast(null as double) as standard_error,
    cast(null as boolean) as is_identified
where false
