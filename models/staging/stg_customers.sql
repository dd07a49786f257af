select
    customer_id,
    created_at,
    email,
    phone,
    full_name,
    country,
    city,
    birth_date,
    acquisition_channel,
    referred_by_customer_id,
    email_consent,
    sms_consent,
    is_test,
    updated_at,
    recorded_at,
    loaded_at,
    known_at
from {{ ref('base_customers') }}
where row_status = 'accepted'
