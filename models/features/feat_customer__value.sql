select
    customer_id,
    as_of_date,
    margin_amount,
    margin_365d_amount,
    margin_90d_amount
from {{ ref('int_snapshots') }}
