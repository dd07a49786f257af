-- Whom it pays to contact, by the contact rule and the newest scores. Where the value kept is not known, neither is
-- that. A predicted value, once there is one, replaces kept_value_amount here and in clm_ml/models/contact.py.
with valued as (
    select
        scores.customer_id,
        scores.as_of_date as scored_as_of_date,
        scores.churn_probability,
        customer_values.kept_value_amount,
        {{ contact_threshold('customer_values.kept_value_amount') }} as contact_from_probability,
        {{ as_amount(contact_profit('scores.churn_probability', 'customer_values.kept_value_amount')) }}
            as expected_profit_amount
    from {{ ref('pred_churn__latest') }} as scores
    inner join {{ ref('int_customers__reachable') }} as people
        on scores.customer_id = people.customer_id
    cross join {{ ref('int_contact_terms') }} as terms
    left join {{ ref('feat_customer__kept_value') }} as customer_values
        on
            scores.customer_id = customer_values.customer_id
            and scores.as_of_date = customer_values.as_of_date
    where not people.is_left_alone
)

select
    customer_id,
    scored_as_of_date,
    churn_probability,
    kept_value_amount,
    contact_from_probability,
    expected_profit_amount,
    expected_profit_amount > 0 as is_worth_contacting
from valued
