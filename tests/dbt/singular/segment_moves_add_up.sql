-- Shares of a from segment sum to 1, its customers are those segmented, and so are those of a to segment.
with froms as (
    select
        model_version,
        from_as_of_date as as_of_date,
        from_segment_name as segment_name,
        min(from_count) as from_count,
        sum(customer_count) as customer_count,
        sum(move_share) as move_share
    from {{ ref('fct_segment_moves') }}
    group by model_version, from_as_of_date, from_segment_name
),

tos as (
    select
        model_version,
        to_as_of_date as as_of_date,
        to_segment_name as segment_name,
        sum(customer_count) as customer_count
    from {{ ref('fct_segment_moves') }}
    group by model_version, to_as_of_date, to_segment_name
),

segmented as (
    select
        model_version,
        as_of_date,
        segment_name,
        count(*) as customer_count,
        min(as_of_date) over (partition by model_version) as first_as_of_date,
        max(as_of_date) over (partition by model_version) as last_as_of_date
    from {{ ref('pred_segment') }}
    group by model_version, as_of_date, segment_name
)

select
    froms.model_version,
    froms.as_of_date,
    froms.segment_name,
    'shares' as what
from froms
where abs(froms.move_share - 1) > 1e-9 or froms.customer_count <> froms.from_count
union all
select
    segmented.model_version,
    segmented.as_of_date,
    segmented.segment_name,
    'from'
from segmented
left join froms
    on
        segmented.model_version = froms.model_version
        and segmented.as_of_date = froms.as_of_date
        and segmented.segment_name = froms.segment_name
where
    segmented.as_of_date < segmented.last_as_of_date
    and segmented.customer_count is distinct from froms.from_count
union all
select
    segmented.model_version,
    segmented.as_of_date,
    segmented.segment_name,
    'to'
from segmented
left join tos
    on
        segmented.model_version = tos.model_version
        and segmented.as_of_date = tos.as_of_date
        and segmented.segment_name = tos.segment_name
where
    segmented.as_of_date > segmented.first_as_of_date
    and segmented.customer_count is distinct from tos.customer_count
