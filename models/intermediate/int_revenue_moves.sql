-- What a customer's net revenue of a period is against that of the period before. Money taken and money given back are
-- compared apart: a customer is new, returns or leaves by the first, a refund contracts, and its end expands.
with customer_periods as (
    {%- call(period) for_periods(['day', 'week', 'month']) %}
    select
        '{{ period }}' as period_type,
        customer_id,
        period_start_date,
        {{ previous_period_start(period, 'period_start_date') }} as previous_start_date,
        {{ next_period_start(period, 'period_start_date') }} as next_start_date,
        amount
    from (
        select
            days.customer_id,
            {{ period_start(period, 'days.activity_date') }} as period_start_date,
            cast(sum(days.gross_amount - days.discount_amount - days.refund_amount) as decimal(18, 4)) as amount
        from {{ ref('int_customer_days__dealings') }} as days
        cross join {{ ref('int_watermark') }} as watermark
        where
            days.activity_date <= watermark.watermark_date
            and days.known_date <= watermark.watermark_date
            and (days.gross_amount <> 0 or days.discount_amount <> 0 or days.refund_amount <> 0)
        group by 1, 2
    ) as periods
    where amount <> 0
    {%- endcall %}
),

neighbours as (
    select
        *,
        lag(period_start_date) over by_period as amount_before_date,
        lag(amount) over by_period as amount_before,
        lead(period_start_date) over by_period as amount_after_date,
        coalesce(max(amount) over (
            partition by period_type, customer_id
            order by period_start_date
            rows between unbounded preceding and 1 preceding
        ), 0) > 0 as has_paid_before
    from customer_periods
    window by_period as (partition by period_type, customer_id order by period_start_date)
),

moves as (
    select
        period_type,
        period_start_date,
        case when amount_before_date = previous_start_date then amount_before else 0 end as previous_amount,
        amount,
        has_paid_before
    from neighbours
    union all
    select
        period_type,
        next_start_date as period_start_date,
        amount as previous_amount,
        cast(0 as decimal(18, 4)) as amount,
        true as has_paid_before
    from neighbours
    where amount_after_date is distinct from next_start_date
),

parts as (
    select
        *,
        greatest(previous_amount, 0) as paid_before,
        greatest(amount, 0) as paid,
        greatest(-previous_amount, 0) as given_back_before,
        greatest(-amount, 0) as given_back
    from moves
)

select
    period_type,
    period_start_date,
    {{ summed_amount('amount') }} as revenue_amount,
    {{ summed_amount('case when paid_before = 0 and not has_paid_before then paid else 0 end') }} as new_amount,
    {{ summed_amount('case when paid_before = 0 and has_paid_before then paid else 0 end') }} as reactivated_amount,
    {{ summed_amount('case when paid_before > 0 then greatest(paid - paid_before, 0) else 0 end
        + greatest(given_back_before - given_back, 0)') }} as expansion_amount,
    {{ summed_amount('case when paid > 0 then greatest(paid_before - paid, 0) else 0 end
        + greatest(given_back - given_back_before, 0)') }} as contraction_amount,
    {{ summed_amount('case when paid = 0 then paid_before else 0 end') }} as churned_amount,
    {{ summed_amount('paid_before') }} as base_amount,
    {{ summed_amount('case when paid_before > 0 then amount else 0 end') }} as net_retained_amount,
    {{ summed_amount('case when paid_before > 0 then least(amount, paid_before) else 0 end') }} as gross_retained_amount
from parts
group by period_type, period_start_date
