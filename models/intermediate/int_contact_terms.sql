-- What an offer costs and does, as assumed: read by the marts and by `clm-ml train`, so that both judge alike.
select
    cast({{ var('offer_cost_amount') }} as decimal(18, 4)) as offer_cost_amount,
    cast({{ var('offer_success_rate') }} as double) as offer_success_rate,
    cast({{ var('offer_take_rate') }} as double) as offer_take_rate,
    cast({{ var('contact_cost_amount') }} as decimal(18, 4)) as contact_cost_amount
