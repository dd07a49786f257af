-- A month's new customers are those of its channels, head by head; all spend is in the channels' table, to the cent.
with channels as (
    select
        cohort_month,
        sum(customer_count) as customer_count
    from {{ ref('fct_channel_economics') }}
    group by cohort_month
),

cohorts as (
    select
        cohort_month,
        cohort_size
    from {{ ref('fct_cohort_retention') }}
    where months_since = 0
),

spent as (
    select
        (select coalesce(sum(spend_amount), 0) from {{ ref('fct_channel_economics') }}) as channel_amount,
        (
            select coalesce(sum(amount), 0) from {{ ref('stg_marketing_spend') }}
            where channel is not null
        ) as spend_amount
)

select 'a cohort differs' as problem
from channels
full outer join cohorts
    on channels.cohort_month = cohorts.cohort_month
where coalesce(channels.customer_count, 0) <> coalesce(cohorts.cohort_size, 0)
union all
select 'the spend differs'
from spent
where channel_amount <> spend_amount
