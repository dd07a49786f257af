select cast({{ var('clv_discount_rate') }} as double) as yearly_discount_rate
