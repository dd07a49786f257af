select
    {{ period_start('month', 'spend_date') }} as spend_month,
    lower(channel) as channel,
    cast(sum(amount) as decimal(18, 4)) as spend_amount
from {{ ref('stg_marketing_spend') }}
where channel is not null
group by 1, 2
