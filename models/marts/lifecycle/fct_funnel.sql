-- A session can go on for var('robot_session_days') days, a visitor's window is open for var('funnel_window_days'):
-- a period has matured when these have passed since its last day.
with periods as (
    {{ funnel_periods() }}
),

bases as (
    {{ funnel_bases() }}
),

steps as (
    {{ funnel_step_rows() }}
),

cells as (
    select
        bases.funnel_basis,
        periods.period_type,
        periods.period_start_date,
        steps.step_number,
        steps.step_name,
        {{ add_days('periods.period_end_date', 'bases.open_days') }} <= watermark.watermark_date as is_matured
    from periods
    cross join bases
    cross join steps
    cross join {{ ref('int_watermark') }} as watermark
),

counted as (
    select
        cells.funnel_basis,
        cells.period_type,
        cells.period_start_date,
        cells.step_number,
        cells.step_name,
        cells.is_matured,
        coalesce(sum(case when reach.reached_step >= cells.step_number then reach.visit_count end), 0) as entered_count,
        coalesce(sum({{ stage_count() }}), 0) as any_order_count
    from cells
    left join {{ ref('int_funnel_reach') }} as reach
        on
            cells.funnel_basis = reach.funnel_basis
            and cells.period_type = reach.period_type
            and cells.period_start_date = reach.period_start_date
    group by 1, 2, 3, 4, 5, 6
),

compared as (
    select
        *,
        first_value(entered_count) over so_far as first_count,
        lag(entered_count) over so_far as previous_count
    from counted
    where is_matured
    window so_far as (partition by funnel_basis, period_type, period_start_date order by step_number)
)

select
    cells.funnel_basis,
    cells.period_type,
    cells.period_start_date,
    cells.step_number,
    cells.step_name,
    cast(compared.entered_count as bigint) as entered_count,
    cast(compared.previous_count - compared.entered_count as bigint) as dropped_count,
    {{ share('compared.entered_count', 'compared.first_count') }} as conversion_rate,
    {{ wilson_low('compared.entered_count', 'compared.first_count') }} as conversion_rate_low,
    {{ wilson_high('compared.entered_count', 'compared.first_count') }} as conversion_rate_high,
    {{ share('compared.entered_count', 'compared.previous_count') }} as step_conversion_rate,
    {{ wilson_low('compared.entered_count', 'compared.previous_count') }} as step_conversion_rate_low,
    {{ wilson_high('compared.entered_count', 'compared.previous_count') }} as step_conversion_rate_high,
    cast(compared.any_order_count as bigint) as any_order_count,
    cells.is_matured
from cells
left join compared
    on
        cells.funnel_basis = compared.funnel_basis
        and cells.period_type = compared.period_type
        and cells.period_start_date = compared.period_start_date
        and cells.step_number = compared.step_number
