"""Events that were sent more than once, each in the version that counts and known from its first version on.

The newest version counts: the last to be known, then the last to be loaded; where both are the same, the one whose
other columns are the greatest, a NULL being the greatest.
"""

from __future__ import annotations

from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

TIMES = ("known_at", "loaded_at")
VALUES = (
    "occurred_at", "visitor_id", "customer_id", "event_type", "page_path", "product_id", "utm_source", "utm_medium",
    "utm_campaign", "device",
)  # fmt: skip
READ = ("event_id", *TIMES, *VALUES)
GIVEN = ("event_id", "known_at", *VALUES)

SQL = f"""
    select event_id, min(known_at) over (partition by event_id) as known_at, {", ".join(VALUES)}
    from {{events}}
    where event_id in (select event_id from {{events}} group by event_id having count(*) > 1)
    qualify row_number() over (
        partition by event_id
        order by {", ".join(f"{name} desc nulls last" for name in TIMES)},
            {", ".join(f"{name} desc nulls first" for name in VALUES)}
    ) = 1
"""


def in_polars(read: Read) -> Any:
    """The ids by themselves first; the other columns only of those that come again."""
    import polars as pl

    ids = read("events", ("event_id",)).lazy()
    repeated = ids.group_by("event_id").len().filter(pl.col("len") > 1).collect(engine="streaming")["event_id"]
    versions = read("events", READ, where=pl.col("event_id").is_in(repeated.implode()))
    order = (*TIMES, *VALUES)
    newest_first = versions.sort(order, descending=True, nulls_last=[name in TIMES for name in order])
    grouped = newest_first.group_by("event_id", maintain_order=True)
    return grouped.agg(pl.col("known_at").min(), *[pl.col(name).first() for name in VALUES])


def in_pandas(read: Read) -> Any:
    """The same: the ids by themselves first, counted by Arrow."""
    counts = read("events", ("event_id",), dtype_backend="pyarrow")["event_id"].value_counts(sort=False)
    repeated = counts.index[counts > 1].tolist() or [""]
    versions = read("events", READ, filters=[("event_id", "in", repeated)])
    versions = versions.sort_values(list(VALUES), ascending=False, na_position="first")
    versions = versions.sort_values(list(TIMES), ascending=False, na_position="last", kind="stable")
    first_known = versions.groupby("event_id")["known_at"].transform("min")
    return versions.assign(known_at=first_known).drop_duplicates("event_id")[list(GIVEN)]


STEP = HeavyStep(
    title="ids sent more than once",
    models=(names.REPEATED_EVENTS,),
    inputs={"events": (names.EVENT_VERSIONS, READ)},
    sql=SQL,
    in_polars=in_polars,
    in_pandas=in_pandas,
    compared=GIVEN,
)
