with counted as (
    select
        *,
        is_sale or (coalesce(status = 'credit_note', false) and not is_test) as is_counted
    from {{ ref('int_orders__current') }}
)

select
    order_id,
    customer_id,
    ordered_at,
    ordered_date,
    status,
    channel,
    currency,
    line_count,
    gross_amount,
    discount_amount,
    refund_amount,
    cast(
        case when is_sale then gross_amount - discount_amount else 0 end
        - case when is_counted then refund_amount else 0 end as decimal(18, 4)
    ) as net_revenue_amount,
    cast(
        case
            when is_counted
                then
                    case when is_sale then gross_amount - discount_amount - cost_amount else 0 end
                    - refunded_margin_amount
            else 0
        end as decimal(18, 4)
    ) as margin_amount,
    shipping_amount,
    tax_amount,
    is_cost_known,
    is_counted,
    is_sale,
    is_valid,
    fully_refunded_date
from counted
