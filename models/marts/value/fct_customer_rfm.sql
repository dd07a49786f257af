-- rank() gives equal values equal scores; ntile() would not.
with ranked as (
    select
        customer_id,
        as_of_date,
        recency_days,
        frequency_count,
        monetary_amount,
        count(*) over (partition by as_of_date) as customer_count,
        rank() over (partition by as_of_date order by recency_days desc) as r_rank,
        rank() over (partition by as_of_date order by frequency_count) as f_rank,
        rank() over (partition by as_of_date order by monetary_amount) as m_rank
    from {{ ref('feat_customer__rfm') }}
    where recency_days is not null
),

scored as (
    select
        *,
        {{ rank_score('r_rank', 'customer_count') }} as r_score,
        {{ rank_score('f_rank', 'customer_count') }} as f_score,
        {{ rank_score('m_rank', 'customer_count') }} as m_score
    from ranked
)

select
    scored.customer_id,
    scored.as_of_date,
    scored.recency_days,
    scored.frequency_count,
    scored.monetary_amount,
    scored.r_score,
    scored.f_score,
    scored.m_score,
    segments.rfm_segment
from scored
left join {{ ref('rfm_segments') }} as segments
    on concat(scored.r_score, scored.f_score, scored.m_score) = segments.rfm_code
