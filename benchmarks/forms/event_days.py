"""A visitor's events of a day, by the customer they name and the day they became known."""

from __future__ import annotations

from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

KEYS = ("visitor_id", "customer_id", "activity_date", "known_date")
EVENTS = ("visitor_id", "customer_id", "event_type", "occurred_at", "known_at")
TYPES = ("activity_type", "stage", "is_active")
COUNTS = ("event_count", "active_event_count", "product_view_count", "cart_count")

SQL = """
    select
        visitor_id,
        customer_id,
        cast(occurred_at as date) as activity_date,
        cast(known_at as date) as known_date,
        count(*) as event_count,
        count(*) filter (where is_active is distinct from false) as active_event_count,
        count(*) filter (where stage = 'product_view') as product_view_count,
        count(*) filter (where stage = 'cart') as cart_count
    from {events} as events
    left join {types} as types on event_type = activity_type
    group by all
"""


def in_polars(read: Read) -> Any:
    """What a type counts as is a look into a list; then one group by."""
    import polars as pl

    kinds = _kinds(read("types", TYPES))
    event_type = pl.col("event_type")
    rows = (
        read("events", EVENTS)
        .lazy()
        .select(
            "visitor_id",
            "customer_id",
            activity_date=pl.col("occurred_at").dt.date(),
            known_date=pl.col("known_at").dt.date(),
            event_count=1,
            active_event_count=~event_type.is_in(kinds["passive"]),
            product_view_count=event_type.is_in(kinds["product_view"]),
            cart_count=event_type.is_in(kinds["cart"]),
        )
    )
    return rows.group_by(KEYS).agg(pl.col(COUNTS).sum()).collect()


def in_pandas(read: Read) -> Any:
    """Codes for text, and one group by."""
    import pandas as pd

    kinds = _kinds(read("types", TYPES))
    events = read("events", EVENTS)
    event_type = events["event_type"].astype("category")
    rows = pd.DataFrame(
        {
            "visitor_id": events["visitor_id"].astype("category"),
            "customer_id": events["customer_id"].astype("category"),
            "activity_date": events["occurred_at"].dt.floor("D"),
            "known_date": events["known_at"].dt.floor("D"),
            "event_count": 1,
            "active_event_count": (~event_type.isin(kinds["passive"])).astype("int64"),
            "product_view_count": event_type.isin(kinds["product_view"]).astype("int64"),
            "cart_count": event_type.isin(kinds["cart"]).astype("int64"),
        }
    )
    return rows.groupby(list(KEYS), sort=False, dropna=False, observed=True)[list(COUNTS)].sum().reset_index()


def _kinds(types: Any) -> dict[str, list[str]]:
    """The activity types of each kind that is counted."""
    rows = list(zip(*(types[name].to_list() for name in TYPES), strict=True))
    found = {stage: [name for name, of, _ in rows if of == stage] for stage in ("product_view", "cart")}
    return {**found, "passive": [name for name, _, is_active in rows if is_active is False]}


STEP = HeavyStep(
    title="visitors' days",
    models=(names.EVENT_DAYS,),
    inputs={"events": (names.ACCEPTED_EVENTS, EVENTS), "types": (names.ACTIVITY_TYPES, TYPES)},
    sql=SQL,
    in_polars=in_polars,
    in_pandas=in_pandas,
    compared=(*KEYS, *COUNTS),
    summed="event_count",
)
