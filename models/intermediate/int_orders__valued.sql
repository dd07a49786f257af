-- The states of an order in the reporting currency, with margin and with what makes it a sale.
with rated as (
    select
        states.*,
        case
            when states.currency = '{{ var("reporting_currency") }}' then cast(1 as decimal(18, 8))
            else {{ as_rate(share('reporting.units_per_euro', 'traded.units_per_euro')) }}
        end as rate
    from {{ ref('int_orders__states') }} as states
    left join {{ ref('int_currency_rates') }} as traded
        on
            states.currency = traded.currency
            and states.ordered_date >= traded.valid_from_date
            and states.ordered_date < traded.valid_to_date
    left join {{ ref('int_currency_rates') }} as reporting
        on
            reporting.currency = '{{ var("reporting_currency") }}'
            and states.ordered_date >= reporting.valid_from_date
            and states.ordered_date < reporting.valid_to_date
),

converted as (
    select
        rated.order_id,
        rated.seen_date,
        rated.superseded_date,
        rated.customer_id,
        rated.ordered_at,
        rated.ordered_date,
        rated.status,
        rated.channel,
        rated.currency,
        rated.rate,
        rated.line_count,
        rated.quantity,
        cast(rated.gross_amount * rated.rate as decimal(18, 4)) as gross_amount,
        cast(rated.discount_amount * rated.rate as decimal(18, 4)) as discount_amount,
        cast(rated.shipping_amount * rated.rate as decimal(18, 4)) as shipping_amount,
        cast(rated.tax_amount * rated.rate as decimal(18, 4)) as tax_amount,
        rated.gross_amount - rated.discount_amount as own_value,
        rated.refund_amount as own_refund,
        rated.line_count > 0 and rated.uncosted_amount is null as is_cost_known,
        -- unit costs are in the reporting currency
        cast(
            coalesce(rated.known_cost_amount, 0)
            + (1 - {{ margin_rate() }}) * rated.rate
            * case
                when rated.line_count > 0 then coalesce(rated.uncosted_amount, 0)
                else rated.gross_amount - rated.discount_amount
            end as decimal(18, 4)
        ) as cost_amount,
        coalesce(statuses.is_sale, true)
        and rated.customer_id is not null
        and not coalesce(customers.is_test, false)
        and rated.gross_amount - rated.discount_amount > 0 as is_sale,
        coalesce(customers.is_test, false) as is_test
    from rated
    left join {{ ref('order_statuses') }} as statuses
        on rated.status = statuses.order_status
    left join {{ ref('stg_customers') }} as customers
        on rated.customer_id = customers.customer_id
)

select
    *,
    is_sale and own_refund < own_value as is_valid
from converted
