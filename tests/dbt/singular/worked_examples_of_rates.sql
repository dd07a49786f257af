-- 50 lost of 1000 is 0.05, interval 3.8-6.5 %; 60 of 100 is 0.60, interval 50.2-69.1 %; nobody of nobody is NULL.
with examples as (
    select
        50 as part,
        1000 as whole,
        0.05 as rate,
        0.038 as low,
        0.065 as high
    union all
    select
        60,
        100,
        0.60,
        0.502,
        0.691
),

computed as (
    select
        *,
        {{ share('part', 'whole') }} as computed_rate,
        {{ wilson_low('part', 'whole') }} as computed_low,
        {{ wilson_high('part', 'whole') }} as computed_high
    from examples
)

select 'a share or its interval is wrong' as problem
from computed
where
    abs(computed_rate - rate) > 1e-12
    or round(computed_low, 3) <> low
    or round(computed_high, 3) <> high
union all
select 'a share of nobody is not NULL'
where {{ share(0, 0) }} is not null or {{ wilson_low(0, 0) }} is not null
