select
    currency,
    units_per_euro,
    valid_from_date,
    coalesce(
        lead(valid_from_date) over (partition by currency order by valid_from_date), date '9999-12-31'
    ) as valid_to_date
from {{ ref('currency_rates') }}
