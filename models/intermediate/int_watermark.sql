-- Today, for every model: the last day that is complete. The machine's clock is never asked.
with newest_facts as (
    select max({{ business_date('ordered_at') }}) as fact_date from {{ ref('stg_orders') }}
    union all
    select max(activity_date) from {{ ref('int_event_days') }}
    union all
    select max({{ business_date('refunded_at') }}) from {{ ref('stg_refunds') }}
    union all
    select max({{ business_date('sent_at') }}) from {{ ref('stg_campaign_messages') }}
    union all
    select max({{ business_date('opened_at') }}) from {{ ref('stg_support_tickets') }}
    union all
    select max({{ business_date('created_at') }}) from {{ ref('stg_reviews') }}
)

select
    max(fact_date) as newest_fact_date,
    {{ today('max(fact_date)') }} as watermark_date
from newest_facts
having max(fact_date) is not null
