-- Whom we served in a month, who of them complained, and what reviews said.
with days as (
    select
        customer_id,
        {{ period_start('month', 'days.activity_date') }} as voice_month,
        sum(days.order_count) > 0 or sum(days.ticket_count) > 0 or sum(days.complaint_count) > 0 as is_served,
        sum(days.complaint_count) > 0 as is_complaining
    from {{ ref('int_customer_days__dealings') }} as days
    cross join {{ ref('int_watermark') }} as watermark
    where days.known_date <= watermark.watermark_date
    group by customer_id, {{ period_start('month', 'days.activity_date') }}
),

customers as (
    select
        days.voice_month,
        count(*) as served_count,
        count(*) filter (where days.is_complaining) as complaining_count
    from days
    inner join {{ ref('int_customers') }} as customers
        on days.customer_id = customers.customer_id
    where days.is_served and not customers.is_test
    group by days.voice_month
),

reviews as (
    select
        {{ period_start('month', business_date('reviews.created_at')) }} as voice_month,
        count(reviews.rating) as review_count,
        {{ share('sum(reviews.rating)', 'count(reviews.rating)') }} as mean_rating,
        count(*) filter (where reviews.rating <= 2) as low_review_count
    from {{ ref('stg_reviews') }} as reviews
    left join {{ ref('int_customers') }} as customers
        on reviews.customer_id = customers.customer_id
    where not coalesce(customers.is_test, false)
    group by {{ period_start('month', business_date('reviews.created_at')) }}
),

filled as (
    select
        periods.period_start_date as voice_month,
        periods.is_over,
        case when periods.is_over then coalesce(customers.served_count, 0) end as served_count,
        case when periods.is_over then coalesce(customers.complaining_count, 0) end as complaining_count,
        case when periods.is_over then coalesce(reviews.review_count, 0) end as review_count,
        case when periods.is_over then coalesce(reviews.low_review_count, 0) end as low_review_count,
        case when periods.is_over then reviews.mean_rating end as mean_rating
    from {{ ref('int_retention_periods') }} as periods
    left join customers
        on periods.period_start_date = customers.voice_month
    left join reviews
        on periods.period_start_date = reviews.voice_month
    where periods.period_type = 'month'
)

select
    voice_month,
    served_count,
    complaining_count,
    {{ rate_with_interval('complaining_count', 'served_count', 'complaint_rate') }},
    review_count,
    mean_rating,
    low_review_count,
    {{ rate_with_interval('low_review_count', 'review_count', 'low_review_rate') }},
    is_over as is_matured
from filled
