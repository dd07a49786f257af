-- Weeks and months whose attempts are not those that were counted; without a fingerprint where none are left.
with days as (
    select
        session_date,
        bit_xor(attempt_hash) as fingerprint
    from {{ ref('int_funnel_attempts') }}
    group by session_date
),

present as (
    {%- call(period) for_periods(['week', 'month']) %}
    select
        '{{ period }}' as period_type,
        {{ period_start(period, 'session_date') }} as period_start_date,
        bit_xor(fingerprint) - {{ reach_form() }} as fingerprint
    from days
    group by 1, 2
    {%- endcall %}
),

held as (
    select distinct
        period_type,
        period_start_date,
        fingerprint
    from (
        {{ held_rows('int_funnel_reach',
            {'period_type': 'string', 'period_start_date': 'date', 'fingerprint': 'bigint'}) }}
    ) as reach
)

select
    coalesce(present.period_type, held.period_type) as period_type,
    coalesce(present.period_start_date, held.period_start_date) as period_start_date,
    present.fingerprint
from present
full outer join held
    on
        present.period_type = held.period_type
        and present.period_start_date = held.period_start_date
where present.fingerprint is distinct from held.fingerprint
