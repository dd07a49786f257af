-- A customer counts once in a period: by the last of the days in it.
with periods as (
    {%- call(period) for_periods(['month', 'week']) %}
    select
        members.cohort_basis,
        '{{ period }}' as period_type,
        members.acquisition_channel,
        members.country,
        {{ period_start(period, 'members.cohort_date') }} as cohort_start_date,
        {{ period_start(period, 'days.activity_date') }} as period_start_date
    from {{ ref('int_cohort_members') }} as members
    inner join {{ ref('int_retention_days') }} as days
        on
            members.cohort_basis = days.cohort_basis
            and members.customer_id = days.customer_id
    where
        days.next_activity_date is null
        or {{ period_start(period, 'days.next_activity_date') }} > {{ period_start(period, 'days.activity_date') }}
    {%- endcall %}
)

select
    cohort_basis,
    period_type,
    acquisition_channel,
    country,
    cohort_start_date,
    period_start_date,
    count(*) as retained_count
from periods
group by cohort_basis, period_type, acquisition_channel, country, cohort_start_date, period_start_date
