-- Where the customers of a segment are at the next as-of date that the same model has scored.
with dates as (
    select distinct
        model_version,
        as_of_date
    from {{ ref('pred_segment') }}
),

pairs as (
    select
        model_version,
        as_of_date as from_as_of_date,
        lead(as_of_date) over (partition by model_version order by as_of_date) as to_as_of_date
    from dates
),

movers as (
    select
        pairs.model_version,
        pairs.from_as_of_date,
        pairs.to_as_of_date,
        segments.customer_id,
        coalesce(
            max(case when segments.as_of_date = pairs.from_as_of_date then segments.segment_name end), '(arrived)'
        ) as from_segment_name,
        coalesce(
            max(case when segments.as_of_date = pairs.to_as_of_date then segments.segment_name end), '(gone)'
        ) as to_segment_name
    from pairs
    inner join {{ ref('pred_segment') }} as segments
        on
            pairs.model_version = segments.model_version
            and segments.as_of_date in (pairs.from_as_of_date, pairs.to_as_of_date)
    where pairs.to_as_of_date is not null
    group by pairs.model_version, pairs.from_as_of_date, pairs.to_as_of_date, segments.customer_id
),

moves as (
    select
        model_version,
        from_as_of_date,
        to_as_of_date,
        from_segment_name,
        to_segment_name,
        count(*) as customer_count
    from movers
    group by model_version, from_as_of_date, to_as_of_date, from_segment_name, to_segment_name
),

counted as (
    select
        *,
        cast(sum(customer_count) over (
            partition by model_version, from_as_of_date, from_segment_name
        ) as bigint) as from_count
    from moves
)

select
    counted.model_version,
    counted.from_as_of_date,
    counted.to_as_of_date,
    counted.from_segment_name,
    counted.to_segment_name,
    coalesce(runs.is_champion, false) as is_champion,
    counted.customer_count,
    counted.from_count,
    {{ share('counted.customer_count', 'counted.from_count') }} as move_share
from counted
left join {{ ref('ml_training_runs') }} as runs
    on counted.model_version = runs.model_version
