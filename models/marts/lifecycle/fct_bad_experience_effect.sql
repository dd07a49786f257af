-- On an as-of date D customers stand somewhere; in (D, D+30] something goes badly for some; in (D+30, D+120] they buy
-- or not. Those for whom it did are compared, stratum by stratum, with those for whom nothing did: alike on D, and
-- alike in having bought in the window.
with standing as (
    select
        rfm.customer_id,
        rfm.as_of_date,
        {{ add_days('rfm.as_of_date', 30) }} as window_end_date,
        {{ add_days('rfm.as_of_date', 120) }} as outcome_end_date,
        concat_ws(
            '/',
            case when rfm.recency_days < 30 then 'r1' when rfm.recency_days < 90 then 'r2' else 'r3' end,
            case
                when features.purchase_day_count < 2 then 'f1'
                when features.purchase_day_count < 4 then 'f2'
                else 'f3'
            end,
            case when rfm.m_score <= 2 then 'm1' when rfm.m_score = 3 then 'm2' else 'm3' end,
            case when features.tenure_days < 180 then 't1' else 't2' end
        ) as profile
    from {{ ref('fct_customer_rfm') }} as rfm
    inner join {{ ref('feat_customer__rfm') }} as features
        on
            rfm.customer_id = features.customer_id
            and rfm.as_of_date = features.as_of_date
    cross join {{ ref('int_watermark') }} as watermark
    where
        rfm.recency_days < 365
        and {{ add_days('rfm.as_of_date', 120) }} <= watermark.watermark_date
),

-- the last purchase by the end of the window, and the next one
followed as (
    select
        standing.customer_id,
        standing.as_of_date,
        standing.window_end_date,
        concat(standing.profile, case when purchases.purchase_date > standing.as_of_date then '/b1' else '/b0' end)
            as stratum,
        case
            when coalesce(purchases.next_purchase_date <= standing.outcome_end_date, false) then 0
            else 1
        end as is_churned
    from standing
    inner join {{ ref('int_purchase_days') }} as purchases
        on
            standing.customer_id = purchases.customer_id
            and standing.window_end_date >= purchases.purchase_date
            and (purchases.next_purchase_date is null or standing.window_end_date < purchases.next_purchase_date)
),

met as (
    select
        followed.customer_id,
        followed.as_of_date,
        experiences.experience
    from followed
    inner join {{ ref('int_experiences') }} as experiences
        on
            followed.customer_id = experiences.customer_id
            and followed.as_of_date < experiences.experience_date
            and followed.window_end_date >= experiences.experience_date
    group by followed.customer_id, followed.as_of_date, experiences.experience
),

exposed as (
    select
        met.experience,
        followed.as_of_date,
        followed.stratum,
        count(*) as customer_count,
        sum(followed.is_churned) as churned_count
    from met
    inner join followed
        on
            met.customer_id = followed.customer_id
            and met.as_of_date = followed.as_of_date
    group by met.experience, followed.as_of_date, followed.stratum
),

spared as (
    select
        followed.as_of_date,
        followed.stratum,
        count(*) as customer_count,
        sum(followed.is_churned) as churned_count
    from followed
    left join met
        on
            followed.customer_id = met.customer_id
            and followed.as_of_date = met.as_of_date
    where met.customer_id is null
    group by followed.as_of_date, followed.stratum
),

strata as (
    select
        exposed.experience,
        exposed.customer_count as n1,
        exposed.churned_count as x1,
        spared.customer_count as n0,
        cast({{ share('spared.churned_count', 'spared.customer_count') }} as decimal(18, 8)) as p0
    from exposed
    left join spared
        on
            exposed.as_of_date = spared.as_of_date
            and exposed.stratum = spared.stratum
),

summed as (
    select
        experience,
        cast(sum(n1) as bigint) as exposed_count,
        cast(coalesce(sum(n1) filter (where n0 > 0), 0) as bigint) as matched_count,
        cast(sum(x1) filter (where n0 > 0) as bigint) as churned_count,
        cast(sum(n1 * p0) as double) as expected_count,
        cast(sum({{ as_rate('n1 * n1 * cast(p0 * (1 - p0) as double) / n0') }}) as double) as expected_variance
    from strata
    group by experience
),

rates as (
    select
        *,
        {{ share('churned_count', 'matched_count') }} as churn_rate,
        expected_count / nullif(matched_count, 0) as matched_churn_rate,
        expected_variance / nullif(matched_count * matched_count, 0) as matched_variance
    from summed
)

select
    experience,
    exposed_count,
    matched_count,
    exposed_count - matched_count as unmatched_count,
    churned_count,
    churn_rate,
    matched_churn_rate,
    churn_rate - matched_churn_rate as churn_rate_difference,
    churn_rate - matched_churn_rate
    - 1.959963984540054 * sqrt(churn_rate * (1 - churn_rate) / matched_count + matched_variance)
        as churn_rate_difference_low,
    churn_rate - matched_churn_rate
    + 1.959963984540054 * sqrt(churn_rate * (1 - churn_rate) / matched_count + matched_variance)
        as churn_rate_difference_high
from rates
