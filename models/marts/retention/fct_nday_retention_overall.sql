-- matured: every cohort that has reached the day. common: those that have reached the last of them, so that the same
-- people stand under every n and an unbounded rate cannot rise because young cohorts dropped out.
with cells as (
    select
        cohort_date,
        kind,
        n as first_day,
        case when kind = 'bounded' then n end as last_day,
        cohort_size,
        retained_count,
        is_matured
    from {{ ref('fct_nday_retention') }}
    union all
    select
        cohort_date,
        'bracket' as kind,
        first_day,
        last_day,
        cohort_size,
        retained_count,
        is_matured
    from {{ ref('fct_bracket_retention') }}
),

marked as (
    select
        *,
        min(case when is_matured then 1 else 0 end) over (
            partition by cohort_date, kind = 'bracket'
        ) = 1 as is_common
    from cells
),

in_sets as (
    select
        'matured' as cohort_set,
        *,
        is_matured as is_in_set
    from marked
    union all
    select
        'common' as cohort_set,
        *,
        is_common as is_in_set
    from marked
),

summed as (
    select
        cohort_set,
        kind,
        first_day,
        last_day,
        count(*) filter (where is_in_set) as cohort_count,
        cast(sum(case when is_in_set then cohort_size end) as bigint) as cohort_size,
        cast(sum(case when is_in_set then retained_count end) as bigint) as retained_count
    from in_sets
    group by cohort_set, kind, first_day, last_day
)

select
    cohort_set,
    kind,
    first_day,
    last_day,
    cohort_count,
    cohort_size,
    retained_count,
    {{ rate_with_interval('retained_count', 'cohort_size', 'retention_rate') }},
    cohort_count > 0 as is_matured
from summed
