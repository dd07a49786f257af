with member_days as (
    select
        members.cohort_basis,
        members.customer_id,
        members.acquisition_channel,
        members.country,
        members.cohort_date,
        days.activity_date
    from {{ ref('int_cohort_members') }} as members
    inner join {{ ref('int_retention_days') }} as days
        on
            members.cohort_basis = days.cohort_basis
            and members.customer_id = days.customer_id
),

member_periods as (
    {%- call(period) for_periods(['month', 'week']) %}
    select distinct
        cohort_basis,
        '{{ period }}' as period_type,
        customer_id,
        acquisition_channel,
        country,
        {{ period_start(period, 'cohort_date') }} as cohort_start_date,
        {{ period_start(period, 'activity_date') }} as period_start_date
    from member_days
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
from member_periods
group by cohort_basis, period_type, acquisition_channel, country, cohort_start_date, period_start_date
