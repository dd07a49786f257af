"""Sessions: an event more than 30 minutes after the visitor's last one begins a new one.

One row per session: visitor, start, end, counts, entry and exit page, first campaign and device, customers.
"""

from __future__ import annotations

from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

GAP_MINUTES = 30
GAP = f"interval {GAP_MINUTES} minute"
FIRST_KNOWN = ("utm_source", "utm_medium", "utm_campaign", "device")
COUNTED = {
    "page_view_count": "page_view",
    "product_view_count": "product_view",
    "cart_count": "add_to_cart",
    "checkout_count": "checkout",
    "purchase_count": "purchase",
}
EVENTS = ("event_id", "visitor_id", "occurred_at", "customer_id", "event_type", "page_path", *FIRST_KNOWN)
CARRIED = ("event_id", "customer_id", "event_type", "page_path", *FIRST_KNOWN)
COMPARED = ("visitor_id", "started_at", "ended_at", "event_count", "entry_page", "exit_page", *FIRST_KNOWN, *COUNTED)


def window_pass(relation: str, carried: tuple[str, ...] = ()) -> str:
    """The last event's time per visitor, and a count of the boundaries; `carried` columns go through the window."""
    kept = "".join(f", {name}" for name in carried)
    used = "".join(f", max({name})" for name in carried)
    return f"""
        select count(*) filter (where previous_at is null or occurred_at > previous_at + {GAP}){used}
        from (
            select
                occurred_at{kept},
                lag(occurred_at) over (partition by visitor_id order by occurred_at, event_id) as previous_at
            from {relation}
        ) as gaps
    """


def _first(name: str) -> str:
    return f"arg_min({name}, (occurred_at, event_id)) filter (where {name} is not null) as {name}"


# the common form: lag, running sum, group by with the first and last by (time, event)
SQL = f"""
    with gaps as (
        select
            {", ".join(EVENTS)},
            lag(occurred_at) over (partition by visitor_id order by occurred_at, event_id) as previous_at
        from {{events}}
    ),
    numbered as (
        select
            *,
            sum(case when previous_at is null or occurred_at > previous_at + {GAP} then 1 else 0 end) over (
                partition by visitor_id order by occurred_at, event_id
                rows between unbounded preceding and current row
            ) as session_number
        from gaps
    )
    select visitor_id, min(occurred_at) as started_at, max(occurred_at) as ended_at, count(*) as event_count,
        arg_min(page_path, (occurred_at, event_id)) filter (where page_path is not null) as entry_page,
        arg_max(page_path, (occurred_at, event_id)) filter (where page_path is not null) as exit_page,
        {", ".join(_first(name) for name in FIRST_KNOWN)},
        {", ".join(f"count(*) filter (where event_type = '{kind}') as {name}" for name, kind in COUNTED.items())},
        count(distinct customer_id) as customer_count, min(customer_id) as customer_id
    from numbered group by visitor_id, session_number
"""


def in_polars(read: Read) -> Any:
    """One sort, shifts, a running sum, one group by on sorted rows."""
    import polars as pl

    new_visitor = pl.col("visitor_id").ne_missing(pl.col("visitor_id").shift())
    gap = pl.col("occurred_at").diff() > pl.duration(minutes=GAP_MINUTES)
    return (
        read("events", EVENTS)
        .lazy()
        .sort("visitor_id", "occurred_at", "event_id")
        .with_columns((new_visitor | gap).cum_sum().alias("session"))
        .group_by("session")
        .agg(
            pl.col("visitor_id").first(),
            pl.col("occurred_at").first().alias("started_at"),
            pl.col("occurred_at").last().alias("ended_at"),
            pl.len().alias("event_count"),
            pl.col("page_path").drop_nulls().first().alias("entry_page"),
            pl.col("page_path").drop_nulls().last().alias("exit_page"),
            *[pl.col(name).drop_nulls().first() for name in FIRST_KNOWN],
            *[(pl.col("event_type") == kind).sum().alias(name) for name, kind in COUNTED.items()],
            pl.col("customer_id").drop_nulls().n_unique().alias("customer_count"),
            pl.col("customer_id").min(),
        )
        .drop("session")
        .collect()
    )


def in_pandas(read: Read) -> Any:
    """Vectorised: one sort, and group by on the session's number."""
    import pandas as pd

    events = read("events", EVENTS).sort_values(["visitor_id", "occurred_at", "event_id"], ignore_index=True)
    is_new = events["visitor_id"].ne(events["visitor_id"].shift())
    is_new |= events["occurred_at"].diff() > pd.Timedelta(minutes=GAP_MINUTES)
    session = is_new.cumsum()
    for name, kind in COUNTED.items():
        events[name] = events["event_type"].eq(kind)
    groups = events.groupby(session, sort=False)
    result = groups[["visitor_id", "page_path", *FIRST_KNOWN]].first().rename(columns={"page_path": "entry_page"})
    result["exit_page"] = groups["page_path"].last()
    times = groups["occurred_at"]
    result["started_at"], result["ended_at"] = times.first(), times.last()
    result["event_count"] = groups.size()
    result[list(COUNTED)] = groups[list(COUNTED)].sum()
    known = events["customer_id"].notna()
    customers = events.loc[known, "customer_id"].groupby(session[known], sort=False)
    result["customer_count"], result["customer_id"] = customers.nunique(), customers.min()
    result["customer_count"] = result["customer_count"].fillna(0).astype("int64")
    return result


STEP = HeavyStep(
    title="sessions",
    models=names.SESSION_MODELS,
    inputs={"events": (names.ACCEPTED_EVENTS, EVENTS)},
    sql=SQL,
    in_polars=in_polars,
    in_pandas=in_pandas,
    compared=COMPARED,
    summed="event_count",
)
