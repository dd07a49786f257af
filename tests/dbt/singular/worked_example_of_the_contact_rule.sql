-- V = 100, an offer of 10 that keeps 30 % and that 90 % of the others take, a contact of 0.5: worth it from p = 0.2639
-- on, not from 0.5. Who is worth 11.6 is never worth a contact, as 0.3 * 1.6 is less than 0.5.
with terms as (
    select
        cast(10 as decimal(18, 4)) as offer_cost_amount,
        cast(0.3 as double) as offer_success_rate,
        cast(0.9 as double) as offer_take_rate,
        cast(0.5 as decimal(18, 4)) as contact_cost_amount
),

computed as (
    select
        {{ contact_threshold('100') }} as threshold,
        {{ contact_threshold('11.6') }} as threshold_of_little,
        {{ contact_profit('0.5', '100') }} as profit_at_half,
        {{ contact_profit('(cast(9.5 as double) / 36)', '100') }} as profit_at_threshold
    from terms
)

select 'the contact rule is wrong' as problem
from computed
where
    round(threshold, 4) is distinct from cast(0.2639 as double)
    or threshold_of_little is not null
    or abs(profit_at_half - 8.5) > 1e-9
    or abs(profit_at_threshold) > 1e-9
