"""What followed what within the visits since a day: event types as they came, and pages without repeats."""

from __future__ import annotations

from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

EVENTS = ("visitor_id", "occurred_at", "event_id", "event_type", "page_path")
VISITS = ("visitor_id", "started_at", "ended_at", "session_date", "is_test")
KEYS = ("visitor_id", "session_date", "ended_date", "path_kind", "from_state", "to_state")
KINDS = {"event_type": "event_type", "page": "page_path"}

SQL = """
    with visits as (
        select visitor_id, started_at, ended_at, session_date, cast(ended_at as date) as ended_date
        from {visits}
        where not is_test and session_date >= (select first_date from {settings})
    ),
    walked as (
        select visits.*, events.occurred_at, events.event_id, events.event_type, events.page_path
        from {events} as events
        join visits
            on
                events.visitor_id = visits.visitor_id
                and events.occurred_at between visits.started_at and visits.ended_at
        where events.occurred_at >= (select min(started_at) from visits)
    ),
    pages as (
        select * from walked where page_path is not null
        qualify page_path is distinct from lag(page_path) over (
            partition by visitor_id, started_at order by occurred_at, event_id
        )
    ),
    states as (
        select * exclude (event_type, page_path), 'event_type' as path_kind, event_type as state from walked
        union all
        select * exclude (event_type, page_path), 'page', page_path from pages
    ),
    neighbours as (
        select
            *,
            lag(state) over steps as previous_state,
            lead(state) over steps as next_state
        from states
        window steps as (partition by path_kind, visitor_id, started_at order by occurred_at, event_id)
    ),
    steps as (
        select *, state as from_state, coalesce(next_state, '(end)') as to_state from neighbours
        union all
        select *, '(start)', state from neighbours where previous_state is null
    )
    select visitor_id, session_date, ended_date, path_kind, from_state, to_state, count(*) as step_count
    from steps group by all
"""


def in_polars(read: Read) -> Any:
    """Every event looks back for its visit; after one sort neighbours are rows next to each other."""
    import polars as pl

    first_date = read("settings", ("first_date",)).item()
    visits = (
        read("visits", VISITS)
        .filter((pl.col("session_date") >= first_date) & ~pl.col("is_test"))
        .sort("started_at")
        .with_row_index("visit")
        .with_columns(ended_date=pl.col("ended_at").dt.date())
    )
    walked = (
        read("events", EVENTS, where=pl.col("occurred_at") >= visits["started_at"].min())
        .lazy()
        .sort("occurred_at")
        .join_asof(
            visits.lazy(), left_on="occurred_at", right_on="started_at", by="visitor_id", check_sortedness=False
        )
        .filter(pl.col("occurred_at") <= pl.col("ended_at"))
        .sort("visit", "occurred_at", "event_id")
        .collect()
    )
    steps = [_polars_steps(walked.lazy(), kind, column) for kind, column in KINDS.items()]
    return pl.concat(steps).group_by(KEYS).agg(pl.len().alias("step_count")).collect()


def _polars_steps(walked: Any, kind: str, column: str) -> Any:
    import polars as pl

    state, visit = pl.col("state"), pl.col("visit")
    states = walked.with_columns(pl.lit(kind).alias("path_kind"), pl.col(column).alias("state"))
    is_first, is_last = visit.ne_missing(visit.shift()), visit.ne_missing(visit.shift(-1))
    if kind == "page":
        states = states.filter(state.is_not_null()).filter(is_first | (state != state.shift()))
    states = states.with_columns(
        is_first=is_first, next_state=pl.when(is_last).then(pl.lit("(end)")).otherwise(state.shift(-1))
    )
    on = states.with_columns(from_state=state, to_state="next_state").select(KEYS)
    into = states.filter("is_first").with_columns(from_state=pl.lit("(start)"), to_state=state).select(KEYS)
    return pl.concat([on, into])


def in_pandas(read: Read) -> Any:
    """The same: look back for the visit, one sort, rows next to each other."""
    import pandas as pd

    first_date = pd.Timestamp(read("settings", ("first_date",))["first_date"][0])
    visits = read("visits", VISITS)
    visits = visits[(pd.to_datetime(visits["session_date"]) >= first_date) & ~visits["is_test"]].sort_values(
        "started_at"
    )
    visits = visits.assign(visit=range(len(visits)), ended_date=visits["ended_at"].dt.floor("D"))
    oldest = visits["started_at"].min()
    events = read("events", EVENTS, filters=[("occurred_at", ">=", oldest)]).sort_values("occurred_at")
    walked = pd.merge_asof(events, visits, left_on="occurred_at", right_on="started_at", by="visitor_id")
    walked = walked[walked["occurred_at"] <= walked["ended_at"]].sort_values(["visit", "occurred_at", "event_id"])
    steps = pd.concat([_pandas_steps(walked, kind, column) for kind, column in KINDS.items()])
    return steps.groupby(list(KEYS), sort=False).size().rename("step_count").reset_index()


def _pandas_steps(walked: Any, kind: str, column: str) -> Any:
    import pandas as pd

    states = walked.assign(path_kind=kind, state=walked[column])
    if kind == "page":
        states = states[states["state"].notna()]
        is_repeat = states["visit"].eq(states["visit"].shift()) & states["state"].eq(states["state"].shift())
        states = states[~is_repeat]
    is_first, is_last = (states["visit"].ne(states["visit"].shift(by)) for by in (1, -1))
    on = states.assign(from_state=states["state"], to_state=states["state"].shift(-1).mask(is_last, "(end)"))
    into = states[is_first].assign(from_state="(start)", to_state=states["state"])
    return pd.concat([on[list(KEYS)], into[list(KEYS)]])


STEP = HeavyStep(
    title="steps of paths",
    models=(names.VISITOR_STEPS,),
    inputs={
        "events": (names.ACCEPTED_EVENTS, EVENTS),
        "visits": (names.VISITS, VISITS),
        "settings": (names.VISIT_SETTINGS, ("first_date",)),
    },
    sql=SQL,
    in_polars=in_polars,
    in_pandas=in_pandas,
    compared=(*KEYS, "step_count"),
    summed="step_count",
)
