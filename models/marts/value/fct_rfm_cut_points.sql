with scores as (
    select
        as_of_date,
        'recency_days' as measure,
        r_score as score,
        cast(recency_days as double) as measured
    from {{ ref('fct_customer_rfm') }}
    union all
    select
        as_of_date,
        'frequency_count',
        f_score,
        cast(frequency_count as double)
    from {{ ref('fct_customer_rfm') }}
    union all
    select
        as_of_date,
        'monetary_amount',
        m_score,
        cast(monetary_amount as double)
    from {{ ref('fct_customer_rfm') }}
)

select
    as_of_date,
    measure,
    score,
    min(measured) as lowest_value,
    max(measured) as highest_value,
    count(*) as customer_count
from scores
group by as_of_date, measure, score
