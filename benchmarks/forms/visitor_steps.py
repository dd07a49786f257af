"""What followed what within the visits since a day: event types as they came, and pages without repeats."""

from __future__ import annotations

from typing import Any

from benchmarks import names
from benchmarks.forms.step import HeavyStep, Read

EVENTS = ("visitor_id", "occurred_at", "event_id", "event_type", "page_path")
VISITS = ("visitor_id", "started_at", "ended_at", "session_date", "is_test")
DAYS = ("visitor_id", "session_date", "ended_date")
KEYS = (*DAYS, "from_event_type", "to_event_type", "from_page", "to_page")
NO_PAGE = ""  # stands where a visit begins without one, so that none is taken over from the visit before

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
    looked_back as (
        select
            *,
            lag(event_type) over visit as previous_event_type,
            last_value(page_path ignore nulls) over (
                visit rows between unbounded preceding and 1 preceding
            ) as previous_page,
            lead(event_type) over visit is null as is_last
        from walked
        window visit as (partition by visitor_id, started_at order by occurred_at, event_id)
    ),
    steps as (
        select
            visitor_id,
            session_date,
            ended_date,
            coalesce(previous_event_type, '(start)') as from_event_type,
            event_type as to_event_type,
            if(nullif(page_path, previous_page) is null, null, coalesce(previous_page, '(start)')) as from_page,
            nullif(page_path, previous_page) as to_page
        from looked_back
        union all
        select
            visitor_id,
            session_date,
            ended_date,
            event_type,
            '(end)',
            coalesce(page_path, previous_page),
            if(coalesce(page_path, previous_page) is null, null, '(end)')
        from looked_back where is_last
    )
    select *, count(*) as step_count from steps group by all
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
    visit, page, last_page = pl.col("visit"), pl.col("page_path"), pl.col("last_page")
    is_first = visit.ne_missing(visit.shift())
    looked_back = (
        walked.with_columns(
            is_first=is_first,
            is_last=visit.ne_missing(visit.shift(-1)),
            last_page=pl.when(is_first).then(page.fill_null(NO_PAGE)).otherwise(page).forward_fill(),
        )
        .with_columns(last_page=pl.when(last_page != NO_PAGE).then(last_page))
        .with_columns(
            previous_event_type=pl.when("is_first").then(pl.lit("(start)")).otherwise(pl.col("event_type").shift()),
            previous_page=pl.when("is_first").then(None).otherwise(last_page.shift()),
        )
    )
    is_another_page = page.is_not_null() & page.ne_missing(pl.col("previous_page"))
    on = looked_back.select(
        *DAYS,
        from_event_type="previous_event_type",
        to_event_type="event_type",
        from_page=pl.when(is_another_page).then(pl.col("previous_page").fill_null("(start)")),
        to_page=pl.when(is_another_page).then(page),
    )
    out = looked_back.filter("is_last").select(
        *DAYS,
        from_event_type="event_type",
        to_event_type=pl.lit("(end)"),
        from_page=last_page,
        to_page=pl.when(last_page.is_not_null()).then(pl.lit("(end)")),
    )
    return pl.concat([on, out]).lazy().group_by(KEYS).agg(pl.len().alias("step_count")).collect()


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
    visit, page = walked["visit"], walked["page_path"]
    is_first, is_last = (visit.ne(visit.shift(by)) for by in (1, -1))
    last_page = page.mask(is_first & page.isna(), NO_PAGE).ffill()
    last_page = last_page.mask(last_page.eq(NO_PAGE))
    previous_page = last_page.shift().mask(is_first)
    is_another_page = page.notna() & ~page.eq(previous_page)
    on = walked.assign(
        from_event_type=walked["event_type"].shift().mask(is_first, "(start)"),
        to_event_type=walked["event_type"],
        from_page=previous_page.fillna("(start)").where(is_another_page),
        to_page=page.where(is_another_page),
    )
    out = walked.assign(
        from_event_type=walked["event_type"],
        to_event_type="(end)",
        from_page=last_page,
        to_page=pd.Series("(end)", index=walked.index).where(last_page.notna()),
    )[is_last]
    steps = pd.concat([on[list(KEYS)], out[list(KEYS)]])
    return steps.groupby(list(KEYS), sort=False, dropna=False).size().rename("step_count").reset_index()


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
