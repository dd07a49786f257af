"""The same sessions in Polars, in pandas and in hand-written SQL: the fastest form of each that we could write.

Each reads the accepted events, draws sessions at a gap of more than 30 minutes, and writes one row per session as
Parquet: visitor, start, end, counts, entry and exit page, first campaign and device, customers.
"""

from __future__ import annotations

from typing import Any

from benchmarks.child import Meter

Request = dict[str, Any]
Answer = dict[str, Any]

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
READ = ("event_id", "visitor_id", "occurred_at", "customer_id", "event_type", "page_path", *FIRST_KNOWN)
COMPARED = ("visitor_id", "started_at", "ended_at", "event_count", "entry_page", "exit_page")


def copy_events(relation: str, visitor: str, path: str) -> str:
    """A Parquet copy of the accepted events, for those who read it faster than the warehouse."""
    named = ", ".join(f"{visitor} as visitor_id" if name == "visitor_id" else name for name in READ)
    return f"copy (select {named} from {relation}) to '{path}' (format parquet, compression zstd)"


def window_pass(relation: str, visitor: str, carried: tuple[str, ...] = ()) -> str:
    """The last event's time per visitor, and a count of the boundaries; `carried` columns go through the window."""
    kept = "".join(f", {name}" for name in carried)
    used = "".join(f", max({name})" for name in carried)
    return f"""
        select count(*) filter (where previous_at is null or occurred_at > previous_at + {GAP}){used}
        from (
            select
                occurred_at{kept},
                lag(occurred_at) over (partition by {visitor} order by occurred_at, event_id) as previous_at
            from {relation}
        ) as gaps
    """


CARRIED = ("event_id", "customer_id", "event_type", "page_path", *FIRST_KNOWN)


def sql(source: str, path: str) -> str:
    """The common form: lag, running sum, group by with the first and last by (time, event)."""
    first = ", ".join(
        f"arg_min({name}, (occurred_at, event_id)) filter (where {name} is not null) as {name}"
        for name in FIRST_KNOWN
    )
    counts = ", ".join(f"count(*) filter (where event_type = '{kind}') as {name}" for name, kind in COUNTED.items())
    return f"""
        copy (
            with gaps as (
                select
                    *,
                    lag(occurred_at) over (partition by visitor_id order by occurred_at, event_id) as previous_at
                from {source}
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
                {first}, {counts},
                count(distinct customer_id) as customer_count, min(customer_id) as customer_id
            from numbered group by visitor_id, session_number
        ) to '{path}' (format parquet)
    """


def sessions_in_sql(request: Request) -> Answer:
    """Hand-written DuckDB SQL on the warehouse's accepted events."""
    from benchmarks.tasks import opened

    with opened(request) as con:
        named = ", ".join(f"{request['visitor']} as visitor_id" if name == "visitor_id" else name for name in READ)
        read = f"(select {named} from {request['relation']}) as accepted"
        with Meter() as reading:
            con.execute(f"select bit_xor(hash({', '.join(READ)})) from {read}").fetchone()
        with Meter() as meter:
            con.execute(sql(read, request["path"]))
    return {"used": meter.used, "reading": reading.used}


def sessions_in_polars(request: Request) -> Answer:
    """Polars, eager after a Parquet read: one sort, shifts, a running sum, one group by on sorted rows."""
    import polars as pl

    with Meter() as reading:
        events = pl.read_parquet(request["events"], columns=list(READ))
    with Meter() as meter:
        new_visitor = pl.col("visitor_id").ne_missing(pl.col("visitor_id").shift())
        gap = pl.col("occurred_at").diff() > pl.duration(minutes=GAP_MINUTES)
        sessions = (
            events.lazy()
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
        sessions.write_parquet(request["path"])
    return _with_reading(meter, reading)


def sessions_in_pandas(request: Request) -> Answer:
    """pandas, vectorised: codes for text, one sort, and group by on the session's number."""
    import pandas as pd

    with Meter() as reading:
        events = pd.read_parquet(request["events"], columns=list(READ))
    with Meter() as meter:
        _pandas_sessions(events).to_parquet(request["path"])
    return _with_reading(meter, reading)


def session_differences(request: Request) -> Answer:
    """Sessions, events, and rows that only one of the model and the Parquet file has."""
    from benchmarks.tasks import opened

    named = ", ".join(COMPARED)
    made, model = f"select {named} from '{request['path']}'", f"select {named} from {request['model']}"
    with opened(request) as con, Meter() as meter:
        different = con.execute(
            f"select count(*) from ((({made}) except all ({model})) union all (({model}) except all ({made})))"
        ).fetchone()
        counts = con.execute(f"select count(*), sum(event_count) from '{request['path']}'").fetchone()
    return {
        "used": meter.used,
        "different": (different or (0,))[0],
        "sessions": (counts or (0,))[0],
        "events": int((counts or (0, 0))[1] or 0),
    }


def _pandas_sessions(events: Any) -> Any:
    import pandas as pd

    events = events.sort_values(["visitor_id", "occurred_at", "event_id"], ignore_index=True)
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


def _with_reading(meter: Meter, reading: Meter) -> Answer:
    """All of the work: reading counts."""
    used = dict(meter.used)
    for name in ("wall", "cpu"):
        used[name] += reading.used[name]
    return {"used": used, "reading": reading.used}
