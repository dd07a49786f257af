"""Cohort retention by month and week, by first order and first activity, for everyone, by channel and by country.

A customer is retained in every period with a day; the newest period is not over, and unknown.
"""

from __future__ import annotations

from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

PURCHASES = ("customer_id", "purchase_date")
ACTIVE = ("customer_id", "active_date")
CUSTOMERS = ("customer_id", "acquisition_channel", "country")
TODAY = ("watermark_date",)
DIMENSIONS = {"all": None, "channel": "acquisition_channel", "country": "country"}
PERIODS = {"month": "1mo", "week": "1w"}
COHORT = ("cohort_basis", "period_type", "dimension", "dimension_value", "cohort_start_date")
COUNTS = ("cohort_size", "retained_count", "retention_rate", "is_matured")
COMPARED = (*COHORT, "periods_since", "period_start_date", *COUNTS)

_BY_PERIOD = " union all ".join(
    f"""
        select distinct
            days.* exclude (day, first_day), '{period}' as period_type,
            cast(date_trunc('{period}', first_day) as date) as cohort_start_date,
            cast(date_trunc('{period}', day) as date) as period_start_date
        from days
    """
    for period in PERIODS
)
_BY_DIMENSION = " union all ".join(
    f"""
        select cohort_basis, period_type, '{dimension}' as dimension, {column or "'all'"} as dimension_value,
            cohort_start_date, period_start_date, count(*) as retained_count
        from by_period group by all
    """
    for dimension, column in DIMENSIONS.items()
)
_PERIODS = " union all ".join(
    f"""
        select
            '{period}' as period_type, period_start_date,
            row_number() over (order by period_start_date) as period_number,
            period_start_date + interval 1 {period} <= watermark_date + 1 as is_matured
        from (
            select watermark_date, cast(unnest(generate_series(
                date_trunc('{period}', min(first_day)), watermark_date, interval 1 {period}
            )) as date) as period_start_date
            from days cross join {{today}} group by watermark_date
        )
    """
    for period in PERIODS
)

SQL = f"""
    with told as (
        select 'order' as cohort_basis, customer_id, purchase_date as day from {{purchases}}
        union all
        select 'activity', customer_id, active_date from {{active}}
    ),
    days as (
        select
            told.*, min(day) over (partition by cohort_basis, customer_id) as first_day,
            coalesce(acquisition_channel, '(unknown)') as acquisition_channel,
            coalesce(country, '(unknown)') as country
        from told left join {{customers}} using (customer_id)
    ),
    by_period as ({_BY_PERIOD}),
    counts as ({_BY_DIMENSION}),
    periods as ({_PERIODS}),
    cohorts as (
        select {", ".join(COHORT)}, retained_count as cohort_size, period_number as cohort_number
        from counts join periods using (period_type, period_start_date)
        where cohort_start_date = period_start_date
    ),
    cells as (
        select cohorts.*, period_number - cohort_number as periods_since, period_start_date, is_matured
        from cohorts join periods using (period_type)
        where period_number >= cohort_number
    )
    select
        cells.* exclude (cohort_number),
        case when is_matured then coalesce(counts.retained_count, 0) end as retained_count,
        case when is_matured then coalesce(counts.retained_count, 0) end / cohort_size as retention_rate
    from cells left join counts using ({", ".join(COHORT)}, period_start_date)
"""


def in_polars(read: Read) -> Any:
    """Distinct periods of each customer, counted by dimension, beside every period since the cohort's."""
    import polars as pl

    today = read("today", TODAY).item()
    told = pl.concat(
        [
            read("purchases", PURCHASES).select("customer_id", cohort_basis=pl.lit("order"), day="purchase_date"),
            read("active", ACTIVE).select("customer_id", cohort_basis=pl.lit("activity"), day="active_date"),
        ]
    )
    days = (
        told.lazy()
        .with_columns(first_day=pl.col("day").min().over("cohort_basis", "customer_id"))
        .join(read("customers", CUSTOMERS).lazy(), on="customer_id", how="left")
        .with_columns(pl.col(CUSTOMERS[1:]).fill_null("(unknown)"), all=pl.lit("all"))
    )
    parts = []
    for period, every in PERIODS.items():
        moved = days.select(
            "cohort_basis",
            "customer_id",
            "all",
            *CUSTOMERS[1:],
            pl.lit(period).alias("period_type"),
            cohort_start_date=pl.col("first_day").dt.truncate(every),
            period_start_date=pl.col("day").dt.truncate(every),
        ).unique()
        first = pl.lit(told["day"].min()).dt.truncate(every)
        starts = pl.select(pl.date_range(first, today, every).alias("period_start_date")).lazy()
        periods = starts.with_row_index("number").with_columns(
            is_matured=pl.col("period_start_date").dt.offset_by(every) <= pl.lit(today).dt.offset_by("1d")
        )
        numbers = periods.select(cohort_start_date="period_start_date", cohort_number="number")
        for dimension, column in DIMENSIONS.items():
            counts = (
                moved.with_columns(dimension=pl.lit(dimension), dimension_value=pl.col(column or "all"))
                .group_by(*COHORT, "period_start_date")
                .agg(pl.len().cast(pl.Int64).alias("retained_count"))
            )
            sizes = counts.filter(pl.col("cohort_start_date") == pl.col("period_start_date"))
            cohorts = sizes.select(*COHORT, cohort_size="retained_count").join(numbers, on="cohort_start_date")
            cells = cohorts.join_where(periods, pl.col("number") >= pl.col("cohort_number"))
            parts.append(cells.join(counts, on=[*COHORT, "period_start_date"], how="left"))
    retained = pl.when("is_matured").then(pl.col("retained_count").fill_null(0))
    return (
        pl.concat(parts)
        .with_columns(
            periods_since=pl.col("number").cast(pl.Int64) - pl.col("cohort_number").cast(pl.Int64),
            retained_count=retained,
            retention_rate=retained / pl.col("cohort_size"),
        )
        .select(COMPARED)
        .collect()
    )


def in_pandas(read: Read) -> Any:
    """The same; a period is its number."""
    import pandas as pd

    period_index: Any = pd.PeriodIndex
    today = pd.Timestamp(read("today", TODAY)["watermark_date"][0])
    purchases, active = read("purchases", PURCHASES), read("active", ACTIVE)
    told = pd.concat(
        [
            purchases.rename(columns={"purchase_date": "day"}).assign(cohort_basis="order"),
            active.rename(columns={"active_date": "day"}).assign(cohort_basis="activity"),
        ]
    ).astype({"day": "datetime64[s]"})
    told["first_day"] = told.groupby(["cohort_basis", "customer_id"])["day"].transform("min")
    days = told.merge(read("customers", CUSTOMERS), on="customer_id", how="left").assign(all="all")
    days = days.fillna(dict.fromkeys(CUSTOMERS[1:], "(unknown)"))
    parts = []
    for period, code in {"month": "M", "week": "W-SUN"}.items():
        numbers = {name: days[name].dt.to_period(code) for name in ("first_day", "day")}
        moved = days[["cohort_basis", "customer_id", "all", *CUSTOMERS[1:]]].assign(
            cohort=numbers["first_day"].array.asi8, number=numbers["day"].array.asi8
        )
        moved = moved.drop_duplicates(["cohort_basis", "customer_id", "number"])
        last = pd.Period(today, code)
        periods = pd.DataFrame({"number": range(moved["cohort"].min(), last.ordinal + 1)})
        for dimension, column in DIMENSIONS.items():
            keys = ["cohort_basis", column or "all", "cohort"]
            counts = moved.groupby([*keys, "number"]).size().rename("retained_count").reset_index()
            sizes = counts[counts["cohort"] == counts["number"]].drop(columns="number")
            cells = sizes.rename(columns={"retained_count": "cohort_size"}).merge(periods, how="cross")
            cells = cells[cells["number"] >= cells["cohort"]].merge(counts, on=[*keys, "number"], how="left")
            cells = cells.rename(columns={column or "all": "dimension_value"})
            for name, of in (("cohort_start_date", "cohort"), ("period_start_date", "number")):
                cells[name] = period_index.from_ordinals(cells[of], freq=code).start_time.as_unit("s")
            is_matured = (cells["number"] < last.ordinal) | (last.end_time.normalize() <= today)
            retained = cells["retained_count"].fillna(0).where(is_matured)
            parts.append(
                cells.assign(
                    period_type=period,
                    dimension=dimension,
                    periods_since=cells["number"] - cells["cohort"],
                    retained_count=retained,
                    retention_rate=retained / cells["cohort_size"],
                    is_matured=is_matured,
                )[list(COMPARED)]
            )
    return pd.concat(parts)


STEP = HeavyStep(
    title="cohorts",
    models=names.COHORT_MODELS,
    inputs={
        "purchases": (names.PURCHASE_DAYS, PURCHASES),
        "active": (names.ACTIVE_DAYS, ACTIVE),
        "customers": (names.CUSTOMERS, CUSTOMERS),
        "today": (names.TODAY, TODAY),
    },
    sql=SQL,
    in_polars=in_polars,
    in_pandas=in_pandas,
    compared=COMPARED,
)
