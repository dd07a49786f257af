-- From when until when each early sign of a customer held, as then known. A past date sees the span that held on it.
with days as (
    select
        customer_id,
        day_kind,
        activity_date,
        greatest(activity_date, known_from_date) as seen_date,
        coalesce(known_to_date, date '9999-12-31') as undone_date
    from {{ ref('int_customer_day_spans') }}
    where
        day_kind in ('cart', 'purchase', 'ticket', 'complaint', 'unsubscribe')
        and {{ is_of_changed_customer('int_customers__changes') }}
),

-- a purchase ends what carts of its day and before it began, from when it was known; 'cart' sorts before 'purchase'
carts as (
    select
        *,
        min(case when day_kind = 'purchase' then seen_date end) over (
            partition by customer_id order by activity_date, day_kind, seen_date
            rows between current row and unbounded following
        ) as bought_date
    from days
    where day_kind in ('cart', 'purchase')
),

causes as (
    {{ days_as_sign('ticket', 'ticket', var('sign_days')) }}
    union all
    {{ days_as_sign('complaint', 'complaint', var('sign_days')) }}
    union all
    {{ days_as_sign('unsubscribe', 'unsubscribed', none) }}
    union all
    select
        customer_id,
        'cart_abandoned',
        greatest(seen_date, {{ add_days('activity_date', cart_wait_days()) }}),
        least(
            {{ add_days('activity_date', var('cart_feed_days')) }},
            undone_date,
            coalesce(bought_date, date '9999-12-31')
        )
    from carts
    where day_kind = 'cart'
),

movements as (
    select
        customer_id,
        sign_name,
        from_date as moved_date,
        1 as change
    from causes
    where from_date < to_date
    union all
    select
        customer_id,
        sign_name,
        to_date,
        -1
    from causes
    where from_date < to_date and to_date < date '9999-12-31'
),

judged as (
    select
        customer_id,
        sign_name,
        moved_date,
        sum(sum(change)) over (
            partition by customer_id, sign_name order by moved_date
            rows between unbounded preceding and current row
        ) > 0 as is_on
    from movements
    group by customer_id, sign_name, moved_date
),

spans as (
    {{ switched_spans('judged', ['customer_id', 'sign_name']) }}
)

select
    customer_id,
    sign_name,
    from_date,
    to_date
from spans
union all
select
    customer_id,
    'browsing_fall',
    from_date,
    to_date
from {{ ref('int_browsing_falls') }}
where {{ is_of_changed_customer('int_customers__changes') }}
