-- An edge from who referred to who was referred. It says nothing of the state of either.
with edges as (
    select
        referred.customer_id,
        referred.referred_by_customer_id as referrer_customer_id,
        referred.first_known_date,
        case
            when referred.referred_by_customer_id = referred.customer_id then 'self'
            when referrers.customer_id is null then 'unknown_referrer'
            when referrers.is_test then 'test_referrer'
            else 'valid'
        end as referral_status
    from {{ ref('int_customers') }} as referred
    left join {{ ref('int_customers') }} as referrers
        on referred.referred_by_customer_id = referrers.customer_id
    where referred.referred_by_customer_id is not null and not referred.is_test
)

select
    edges.customer_id,
    edges.referrer_customer_id,
    edges.referral_status,
    edges.referral_status = 'valid' as is_valid,
    edges.first_known_date,
    purchases.purchase_date as first_purchase_date,
    purchases.purchase_date is not null as has_bought
from edges
left join {{ ref('int_purchase_days') }} as purchases
    on
        edges.customer_id = purchases.customer_id
        and purchases.purchase_number = 1
