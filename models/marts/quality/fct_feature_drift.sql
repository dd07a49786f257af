-- The population stability index of every feature and of the score: the newest snapshot against the training rows.
with newest as (
    select features.*
    from {{ ref('feat_customer__all') }} as features
    where
        features.as_of_date = (select max(latest.as_of_date) from {{ ref('feat_customer__all') }} as latest)
        and features.recency_days < {{ var('eligible_days') }}
),

scored_dates as (
    select
        model_version,
        max(as_of_date) as as_of_date
    from {{ ref('pred_churn') }}
    group by model_version
),

present as (
    {{ counted_values('newest', drift_features()) }}
    union all
    select
        scores.model_version,
        'churn_probability' as feature_name,
        scores.as_of_date,
        scores.churn_probability as feature_value,
        count(*) as row_count
    from {{ ref('pred_churn') }} as scores
    inner join scored_dates
        on
            scores.model_version = scored_dates.model_version
            and scores.as_of_date = scored_dates.as_of_date
    group by scores.model_version, scores.as_of_date, scores.churn_probability
),

bins as (
    select
        bins.model_version,
        bins.feature_name,
        bins.bin_number,
        max(present.as_of_date) as as_of_date,
        max(bins.train_row_count) as train_row_count,
        cast(coalesce(sum(present.row_count), 0) as bigint) as row_count
    from {{ ref('ml_feature_bins') }} as bins
    left join present
        on
            bins.feature_name = present.feature_name
            and bins.model_version = coalesce(present.model_version, bins.model_version)
            and (present.feature_value is null) = (bins.bin_number = 0)
            and coalesce(present.feature_value > bins.lower_bound, true)
            and coalesce(present.feature_value <= bins.upper_bound, true)
    group by bins.model_version, bins.feature_name, bins.bin_number
),

totals as (
    select
        model_version,
        feature_name,
        max(as_of_date) as as_of_date,
        count(*) as bin_count,
        cast(sum(train_row_count) as bigint) as train_row_count,
        cast(sum(row_count) as bigint) as row_count
    from bins
    group by model_version, feature_name
),

indexed as (
    select
        bins.model_version,
        bins.feature_name,
        sum(cast({{ psi_term('bins', 'totals') }} as decimal(18, 12))) as psi
    from bins
    inner join totals
        on
            bins.model_version = totals.model_version
            and bins.feature_name = totals.feature_name
    group by bins.model_version, bins.feature_name
),

measured as (
    select
        totals.*,
        cast(
            case
                when least(totals.train_row_count, totals.row_count) >= {{ var('drift_min_rows') }} then indexed.psi
            end as double
        ) as psi
    from totals
    inner join indexed
        on
            totals.model_version = indexed.model_version
            and totals.feature_name = indexed.feature_name
)

select
    model_version,
    feature_name,
    as_of_date,
    bin_count,
    train_row_count,
    row_count,
    psi,
    case
        when psi is not null
            then (bin_count - 1) * (1 / cast(train_row_count as double) + 1 / cast(row_count as double))
    end as psi_by_chance,
    case when psi < 0.1 then 'stable' when psi < 0.25 then 'moved' when psi >= 0.25 then 'drifted' end as drift_band
from measured
