-- Active days counted from day 0, which is the first day of the kind that var('nday_basis') names.
select
    members.customer_id,
    members.cohort_date,
    days.activity_date,
    {{ days_between('members.cohort_date', 'days.activity_date') }} as days_since
from {{ ref('int_cohort_members') }} as members
inner join {{ ref('int_retention_days') }} as days
    on
        members.customer_id = days.customer_id
        and members.cohort_date <= days.activity_date
where
    members.cohort_basis = '{{ var("nday_basis") }}'
    and days.cohort_basis = 'activity'
