-- A purchase followed by H silent days is a silence. It ends well if the customer comes back within another H days;
-- only silences old enough to have had these days are counted.
with horizons as (
    {{ listed_numbers(horizon_grid(), 'horizon_days') }}
    union distinct
    select horizon_days from {{ ref('int_churn_horizon') }}
),

silences as (
    select
        horizons.horizon_days,
        purchases.customer_id,
        coalesce(
            purchases.next_purchase_date
            <= {{ add_days('purchases.purchase_date', '2 * horizons.horizon_days') }},
            false
        ) as is_ended
    from {{ ref('int_purchase_days') }} as purchases
    cross join horizons
    cross join {{ ref('int_watermark') }} as watermark
    where
        {{ add_days('purchases.purchase_date', '2 * horizons.horizon_days') }} <= watermark.watermark_date
        and (
            purchases.next_purchase_date is null
            or purchases.next_purchase_date > {{ add_days('purchases.purchase_date', 'horizons.horizon_days') }}
        )
),

counted as (
    select
        horizon_days,
        count(*) as silence_count,
        count(*) filter (where is_ended) as returned_count
    from silences
    group by horizon_days
)

select
    horizons.horizon_days,
    coalesce(counted.silence_count, 0) as silence_count,
    counted.returned_count,
    {{ rate_with_interval('counted.returned_count', 'counted.silence_count', 'return_rate') }},
    chosen.gap_p90_days,
    chosen.returning_customer_count,
    chosen.horizon_source,
    horizons.horizon_days = chosen.horizon_days as is_chosen
from horizons
left join counted
    on horizons.horizon_days = counted.horizon_days
cross join {{ ref('int_churn_horizon') }} as chosen
