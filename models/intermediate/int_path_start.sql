-- The first day whose steps are held: var('path_days') before the newest day that events alone would make today, which is
-- no later than what paths are made of.
select {{ add_days(today('max(activity_date)'), 1 - var('path_days')) }} as first_date
from {{ ref('int_event_days') }}
having max(activity_date) is not null
