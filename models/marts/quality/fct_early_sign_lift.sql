-- Churn of past snapshots with a sign against those without it: against everyone, and against those alike, who had
-- bought as recently and as often, weighted as those with the sign are. A customer stands in several snapshots, so the
-- lift's interval is by customer: from each one's part in log(observed / expected).
with habits as (
    select
        customer_id,
        habit,
        count(*) as snapshot_count,
        cast(sum(is_churned) as bigint) as churned_count,
        {{ sign_totals() }}
    from {{ ref('label_churn__signs') }}
    group by customer_id, habit
),

members as (
    {{ totals_by_sign('habits', 'alike', 'habit') }}
    union all
    {{ totals_by_sign('habits', 'everyone', "'everyone'") }}
),

strata as (
    select
        comparison,
        sign_name,
        stratum,
        sum(n1) as n1,
        sum(a1) as a1,
        sum(n0) as n0,
        {{ share('sum(a0)', 'sum(n0)') }} as p0
    from members
    group by comparison, sign_name, stratum
    having sum(n1) > 0 and sum(n0) > 0
),

totals as (
    select
        comparison,
        sign_name,
        cast(sum(n1) as bigint) as with_count,
        cast(sum(a1) as bigint) as with_churned_count,
        cast(sum(n0) as bigint) as without_count,
        cast(sum(cast(n1 * p0 as decimal(38, 12))) as double) as expected_count
    from strata
    group by comparison, sign_name
),

parts as (
    select
        members.comparison,
        members.sign_name,
        members.customer_id,
        sum(members.n1) > 0 as has_sign,
        cast(sum(cast({{ part_in_log_lift() }} as decimal(38, 18))) as double) as part
    from members
    inner join strata
        on
            members.comparison = strata.comparison
            and members.sign_name = strata.sign_name
            and members.stratum = strata.stratum
    inner join totals
        on
            members.comparison = totals.comparison
            and members.sign_name = totals.sign_name
    group by members.comparison, members.sign_name, members.customer_id
),

errors as (
    select
        comparison,
        sign_name,
        count(*) filter (where has_sign) as with_customer_count,
        sqrt(cast(sum(cast(part * part as decimal(38, 24))) as double)) as log_lift_error
    from parts
    group by comparison, sign_name
)

select
    totals.sign_name,
    totals.comparison,
    totals.with_count,
    errors.with_customer_count,
    totals.with_churned_count,
    {{ rate_with_interval('totals.with_churned_count', 'totals.with_count', 'with_churn_rate') }},
    totals.without_count,
    {{ share('totals.expected_count', 'totals.with_count') }} as without_churn_rate,
    {{ wilson_low(expected_without(), 'totals.without_count') }} as without_churn_rate_low,
    {{ wilson_high(expected_without(), 'totals.without_count') }} as without_churn_rate_high,
    {{ share('totals.with_churned_count', 'totals.expected_count') }} as lift_ratio,
    {{ lift_end('-') }} as lift_ratio_low,
    {{ lift_end('+') }} as lift_ratio_high
from totals
inner join errors
    on
        totals.comparison = errors.comparison
        and totals.sign_name = errors.sign_name
