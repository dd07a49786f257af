-- What features are made of: sums and days of each customer as each as-of date sees them.
with held as (
    {{ held_rows('int_snapshots', snapshot_opening()) }}
),

-- sums are wider than what they sum: narrow again, rows are sorted sooner
changed as (
    select
        due.*,
        {{ changed_sums() }},
        {{ changed_lasting_days() }}
    from {{ ref('int_snapshots__due') }} as due
    left join {{ ref('int_snapshots__totals') }} as totals
        on
            due.customer_id = totals.customer_id
            and due.as_of_date = totals.as_of_date
    left join {{ ref('int_snapshots__days') }} as days
        on
            due.customer_id = days.customer_id
            and due.as_of_date = days.as_of_date
    where due.fingerprint is not null
),

drawn as (
    select
        changed.customer_id,
        changed.as_of_date,
        changed.known_days,
        changed.fingerprint,
        {{ totals_so_far() }},
        {{ lasting_days_so_far() }}
    from changed
    left join held
        on
            changed.customer_id = held.customer_id
            and changed.opening_date = held.as_of_date
    window so_far as (
        partition by changed.customer_id, changed.opening_date
        order by changed.as_of_date
        rows between unbounded preceding and current row
    )
)

select
    drawn.*,
    least(drawn.lasting_first_purchase_date, undone.first_purchase_date) as first_purchase_date,
    greatest(drawn.lasting_last_purchase_date, undone.last_purchase_date) as last_purchase_date,
    greatest(drawn.lasting_last_visit_date, undone.last_visit_date) as last_visit_date,
    greatest(drawn.lasting_last_ticket_date, undone.last_ticket_date) as last_ticket_date,
    greatest(drawn.lasting_last_opened_date, undone.last_opened_date) as last_opened_date
from drawn
left join {{ ref('int_snapshots__undone') }} as undone
    on
        drawn.customer_id = undone.customer_id
        and drawn.as_of_date = undone.as_of_date
