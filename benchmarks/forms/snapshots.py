"""Sums and days of each customer as each as-of date sees them: all that a snapshot says in public.

An entry of a customer's day is seen from the day it became known. A day is of a kind while what it counts, as then
known, is more than nothing: an order that is cancelled later takes its purchase day away from then on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

AMOUNTS = ("gross_amount", "discount_amount", "refund_amount", "margin_amount")
COUNTS = (
    "order_count", "event_count", "active_event_count", "product_view_count", "cart_count", "message_count",
    "opened_count", "clicked_count", "unsubscribe_count", "ticket_count", "complaint_count", "review_count",
    "low_review_count",
)  # fmt: skip
DAYS = ("customer_id", "activity_date", "known_date", *AMOUNTS, *COUNTS)
CUSTOMERS = ("customer_id", "first_known_date", "is_test")
DATES = ("date_day", "is_as_of_date")

SUMS: dict[str, tuple[str, int | None]] = {  # what is summed, over how many days up to the as-of date
    "net_revenue_amount": ("net_amount", None),
    "net_revenue_365d_amount": ("net_amount", 365),
    "net_revenue_90d_amount": ("net_amount", 90),
    "gross_365d_amount": ("gross_amount", 365),
    "discount_365d_amount": ("discount_amount", 365),
    "refund_365d_amount": ("refund_amount", 365),
    "margin_amount": ("margin_amount", None),
    "margin_365d_amount": ("margin_amount", 365),
    "margin_90d_amount": ("margin_amount", 90),
    "order_count_365d": ("order_count", 365),
    "event_count_30d": ("event_count", 30),
    "event_count_90d": ("event_count", 90),
    "product_view_count_30d": ("product_view_count", 30),
    "cart_count_30d": ("cart_count", 30),
    "message_count_90d": ("message_count", 90),
    "opened_count_90d": ("opened_count", 90),
    "clicked_count_90d": ("clicked_count", 90),
    "unsubscribe_count": ("unsubscribe_count", None),
    "ticket_count_90d": ("ticket_count", 90),
    "ticket_count_365d": ("ticket_count", 365),
    "complaint_count_365d": ("complaint_count", 365),
    "review_count_365d": ("review_count", 365),
    "low_review_count_365d": ("low_review_count", 365),
}
KINDS = {  # what there must be some of
    "purchase": "order_count",
    "active": "order_count + active_event_count",
    "visit": "event_count",
    "ticket": "ticket_count",
    "opened": "opened_count",
}
DAY_COUNTS: dict[str, tuple[str, int | None]] = {
    "purchase_day_count": ("purchase", None),
    "purchase_days_30d": ("purchase", 30),
    "purchase_days_90d": ("purchase", 90),
    "purchase_days_365d": ("purchase", 365),
    "active_days_30d": ("active", 30),
    "active_days_90d": ("active", 90),
}
ENDS = {
    "first_purchase_date": ("purchase", "min"),
    "last_purchase_date": ("purchase", "max"),
    "last_visit_date": ("visit", "max"),
    "last_ticket_date": ("ticket", "max"),
    "last_opened_date": ("opened", "max"),
}
COUNTED = (*SUMS, *DAY_COUNTS)  # 0 where there is nothing
COMPARED = ("customer_id", "as_of_date", "known_days", *COUNTED, *ENDS)


def _where(window: int | None, *conditions: str) -> str:
    conditions += (f"activity_date > as_of_date - {window}",) if window else ()
    return f" filter (where {' and '.join(conditions)})" if conditions else ""


_SUMS = [f"sum({of}){_where(window)} as {name}" for name, (of, window) in SUMS.items()]
_DAYS = [f"count(*){_where(window, kind)} as {name}" for name, (kind, window) in DAY_COUNTS.items()]
_ENDS = [f"{end}(activity_date){_where(None, kind)} as {name}" for name, (kind, end) in ENDS.items()]

SQL = f"""
    with dates as (
        select date_day as as_of_date from {{dates}} where is_as_of_date
    ),
    seen as (
        select *, gross_amount - discount_amount - refund_amount as net_amount
        from {{days}} join dates on greatest(activity_date, known_date) <= as_of_date
    ),
    sums as (
        select customer_id, as_of_date, {", ".join(_SUMS)}
        from seen group by all
    ),
    days as (
        select
            customer_id, as_of_date, activity_date,
            {", ".join(f"sum({what}) > 0 as {kind}" for kind, what in KINDS.items())}
        from seen group by all
    ),
    kinds as (
        select customer_id, as_of_date, {", ".join((*_DAYS, *_ENDS))}
        from days group by all
    )
    select
        customer_id, as_of_date, as_of_date - first_known_date as known_days,
        {", ".join(f"coalesce({name}, 0) as {name}" for name in COUNTED)}, {", ".join(ENDS)}
    from {{customers}} as customers
    join dates on first_known_date <= as_of_date
    left join sums using (customer_id, as_of_date)
    left join kinds using (customer_id, as_of_date)
    where not is_test
"""


def in_polars(read: Read) -> Any:
    """As-of date by as-of date, all of them as one plan."""
    import polars as pl

    days = read("days", DAYS).with_columns(
        net_amount=pl.col("gross_amount") - pl.col("discount_amount") - pl.col("refund_amount"),
        seen_date=pl.max_horizontal("activity_date", "known_date"),
    )
    customers = read("customers", CUSTOMERS).filter(~pl.col("is_test"))
    dates = read("dates", DATES)
    as_of_dates = dates.filter("is_as_of_date")["date_day"].to_list()
    return pl.concat(pl.collect_all([_polars_snapshot(days.lazy(), customers.lazy(), day) for day in as_of_dates]))


def _polars_snapshot(days: Any, customers: Any, as_of_date: Any) -> Any:
    import polars as pl

    def since(window: int | None) -> Any:
        return pl.lit(True) if window is None else pl.col("activity_date") > as_of_date - timedelta(window)

    seen = days.filter(pl.col("seen_date") <= as_of_date)
    sums = seen.group_by("customer_id").agg(
        *[pl.col(of).filter(since(window)).sum().alias(name) for name, (of, window) in SUMS.items()]
    )
    kinds = (
        seen.group_by("customer_id", "activity_date")
        .agg(pl.col(COUNTS).sum())
        .with_columns(*[(pl.sql_expr(what) > 0).alias(kind) for kind, what in KINDS.items()])
        .group_by("customer_id")
        .agg(
            *[(pl.col(kind) & since(window)).sum().alias(name) for name, (kind, window) in DAY_COUNTS.items()],
            *[
                getattr(pl.col("activity_date").filter(pl.col(kind)), end)().alias(name)
                for name, (kind, end) in ENDS.items()
            ],
        )
    )
    return (
        customers.filter(pl.col("first_known_date") <= as_of_date)
        .join(sums, on="customer_id", how="left")
        .join(kinds, on="customer_id", how="left")
        .with_columns(
            pl.col(COUNTED).fill_null(0),
            as_of_date=pl.lit(as_of_date),
            known_days=(pl.lit(as_of_date) - pl.col("first_known_date")).dt.total_days(),
        )
        .select(COMPARED)
    )


def in_pandas(read: Read) -> Any:
    """As-of date by as-of date; amounts are doubles, for pandas sums decimals one by one."""
    import pandas as pd

    days = read("days", DAYS, dtype_backend="pyarrow").astype(
        {
            **dict.fromkeys(AMOUNTS, "float64"),
            **dict.fromkeys(COUNTS, "int64"),
            **dict.fromkeys(("activity_date", "known_date"), "datetime64[s]"),
            "customer_id": "category",
        }
    )
    days["net_amount"] = days["gross_amount"] - days["discount_amount"] - days["refund_amount"]
    days["seen_date"] = days[["activity_date", "known_date"]].max(axis=1)
    customers = read("customers", CUSTOMERS)
    customers = customers[~customers["is_test"]].astype({"first_known_date": "datetime64[s]"})
    dates = read("dates", DATES).astype({"date_day": "datetime64[s]"})
    as_of_dates = dates.loc[dates["is_as_of_date"], "date_day"]
    return pd.concat([_pandas_snapshot(days, customers, day) for day in as_of_dates], ignore_index=True)


def _pandas_snapshot(days: Any, customers: Any, as_of_date: Any) -> Any:
    import pandas as pd

    def since(rows: Any, window: int | None) -> Any:
        return rows if window is None else rows[rows["activity_date"] > as_of_date - pd.Timedelta(days=window)]

    seen = days[days["seen_date"] <= as_of_date]
    columns: dict[str, Any] = {}
    for window in (None, 365, 90, 30):
        summed = {name: of for name, (of, within) in SUMS.items() if within == window}
        sums = since(seen, window).groupby("customer_id", observed=True)[list(summed.values())].sum()
        columns |= {name: sums[of] for name, of in summed.items()}
    told_once = ~seen.duplicated(["customer_id", "activity_date"], keep=False)
    told_again = seen[~told_once].groupby(["customer_id", "activity_date"], observed=True)[list(COUNTS)].sum()
    by_day = pd.concat([seen.loc[told_once, ["customer_id", "activity_date", *COUNTS]], told_again.reset_index()])
    of_kind = {
        kind: by_day.loc[by_day.eval(what) > 0, ["customer_id", "activity_date"]] for kind, what in KINDS.items()
    }
    for name, (kind, window) in DAY_COUNTS.items():
        columns[name] = since(of_kind[kind], window).groupby("customer_id", observed=True).size()
    known = customers[customers["first_known_date"] <= as_of_date].set_index("customer_id")
    ends = {
        name: of_kind[kind].groupby("customer_id", observed=True)["activity_date"].agg(end).reindex(known.index)
        for name, (kind, end) in ENDS.items()
    }
    counted = {name: column.reindex(known.index, fill_value=0) for name, column in columns.items()}
    known_days = (as_of_date - known["first_known_date"]).dt.days
    return pd.DataFrame({**counted, **ends, "known_days": known_days, "as_of_date": as_of_date}).reset_index()


STEP = HeavyStep(
    title="snapshots",
    models=names.SNAPSHOT_MODELS,
    inputs={
        "days": (names.CUSTOMER_DAYS, DAYS),
        "customers": (names.CUSTOMERS, CUSTOMERS),
        "dates": (names.DAYS, DATES),
    },
    sql=SQL,
    in_polars=in_polars,
    in_pandas=in_pandas,
    compared=COMPARED,
)
