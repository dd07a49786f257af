select
    cast(null as string) as task,
    cast(null as string) as gate,
    cast(null as bigint) as found_count,
    cast(null as bigint) as needed_count,
    cast(null as boolean) as is_passed,
    cast(null as string) as reason,
    cast(null as date) as as_of_date
where false
