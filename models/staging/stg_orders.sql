select
    order_id,
    customer_id,
    ordered_at,
    lower(status) as status,
    channel,
    upper(coalesce(currency, '{{ var("reporting_currency") }}')) as currency,
    gross_amount,
    discount_amount,
    shipping_amount,
    tax_amount,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_orders') }}
where row_status = 'accepted'
