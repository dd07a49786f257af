-- Per customer on both sides, a cohort has paid back when its margin reaches its spend: compared so, to the cent.
with to_date as (
    select
        cohort_month,
        channel,
        max_by(cumulated_net_revenue_amount, months_since) filter (where is_matured) as net_revenue_amount,
        max_by(cumulated_margin_amount, months_since) filter (where is_matured) as margin_amount,
        min(case when is_paid_back then months_since end) as payback_months_since,
        min(case when is_paid_back then earned_month end) as payback_month
    from {{ ref('fct_channel_payback') }}
    group by cohort_month, channel
)

select
    cohorts.cohort_month,
    cohorts.channel,
    cohorts.customer_count,
    cohorts.spend_amount,
    case when cohorts.is_matured then {{ as_amount(share('cohorts.spend_amount', 'cohorts.customer_count')) }} end
        as cac_amount,
    to_date.net_revenue_amount,
    to_date.margin_amount,
    {{ as_amount(share('to_date.margin_amount', 'cohorts.customer_count')) }} as margin_per_customer_amount,
    {{ share('to_date.margin_amount', 'cohorts.spend_amount') }} as ltv_to_cac_ratio,
    {{ share('to_date.net_revenue_amount', 'cohorts.spend_amount') }} as roas_ratio,
    to_date.payback_month,
    to_date.payback_months_since,
    case
        when cohorts.is_matured and cohorts.customer_count > 0 and cohorts.spend_amount is not null
            then to_date.payback_month is not null
    end as is_paid_back,
    cohorts.is_matured
from {{ ref('int_channel_cohorts') }} as cohorts
left join to_date
    on
        cohorts.cohort_month = to_date.cohort_month
        and cohorts.channel = to_date.channel
