-- A run of active days counts at a period's start if it covers the day before the period. Its customer churned in the
-- period in which the first day after the run lies, unless another run covers that period's last day.
with spans as (
    {%- call(period) for_periods(['month', 'week']) %}
    select
        churn_basis,
        '{{ period }}' as period_type,
        customer_id,
        active_from_date,
        {{ period_start(period, 'active_from_date') }} as entry_period_date,
        {{ period_start(period, add_days('active_to_date', 1)) }} as exit_period_date
    from {{ ref('int_active_spans') }}
    {%- endcall %}
),

moves as (
    select
        churn_basis,
        period_type,
        entry_period_date as period_start_date,
        1 as entered,
        0 as churned
    from spans
    union all
    select
        churn_basis,
        period_type,
        exit_period_date as period_start_date,
        -1 as entered,
        0 as churned
    from spans
    union all
    select
        spans.churn_basis,
        spans.period_type,
        periods.period_start_date,
        0 as entered,
        1 as churned
    from spans
    inner join {{ ref('int_retention_periods') }} as periods
        on
            spans.period_type = periods.period_type
            and spans.exit_period_date = periods.period_start_date
    left join {{ ref('int_active_spans') }} as later
        on
            spans.churn_basis = later.churn_basis
            and spans.customer_id = later.customer_id
            and periods.period_end_date between later.active_from_date and later.active_to_date
    where spans.active_from_date < periods.period_start_date and later.customer_id is null
)

select
    churn_basis,
    period_type,
    period_start_date,
    cast(sum(entered) as bigint) as net_entered_count,
    cast(sum(churned) as bigint) as churned_count
from moves
group by churn_basis, period_type, period_start_date
