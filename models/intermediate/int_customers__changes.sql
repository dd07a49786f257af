-- Which customers' days have changed, and by which change last. What a day is made of is told by its fingerprint.
with entries as (
    select
        customer_id,
        {{ row_hash(["'order'", 'activity_date', 'known_date'] + order_day_measures()) }} as entry_hash
    from {{ ref('int_order_days') }}
    union all
    select
        customer_id,
        {{ row_hash(["'visit'", 'visitor_id', 'activity_date', 'known_date'] + visit_day_measures()) }}
    from {{ ref('int_visit_days') }}
    union all
    select
        customer_id,
        {{ row_hash(["'contact'", 'activity_date', 'known_date'] + contact_day_measures()) }}
    from {{ ref('int_contact_days') }}
)

select
    customer_id,
    fingerprint,
    changed_in
from (
    {{ changes_among('entries', 'int_customers__changes') }}
) as changes
