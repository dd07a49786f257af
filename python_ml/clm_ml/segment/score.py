"""Score segments: the champion's segment of everyone who has bought, at an as-of date and some before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.console import say
from clm_ml.errors import DataRefused
from clm_ml.models import files, gates, register
from clm_ml.models.publish import Table, publish, publish_made
from clm_ml.models.rows import Rows
from clm_ml.models.segments import rfm
from clm_ml.models.segments.buyers import SPACE, bought_within_a_year, buyer_count, buyers_query
from clm_ml.models.segments.names import LAPSED, LAPSED_ID
from clm_ml.models.snapshots import (
    CHURN,
    FEATURES,
    check_features,
    choose_day,
    feature_columns,
    require_tables,
    snapshot_dates,
)
from clm_ml.models.threads import one_thread
from clm_ml.segment.train import NAME, Model, from_bytes
from clm_ml.tasks import NEWEST, Scoring
from clm_ml.warehouse import connect, on_spark, table_exists

if TYPE_CHECKING:
    import pyarrow as pa

    from clm_ml.warehouse import Connection

TABLE = "predictions.pred_segment"
COLUMNS = (
    *("customer_id", "as_of_date", "model_version"),
    *("segment_id", "segment_name", "segment_confidence", "is_unusual", "scored_at"),
)
DATES = 3  # the newest as-of date and two before it, so that movement can be seen
OUTCOMES = ("labels", CHURN.label_table)
DIGITS = 6


def score(wanted: Scoring = NEWEST) -> dict[str, Any]:
    """Score one as-of date; by default the newest, the two before it, and the newest whose outcome is known.

    Those but the newest are scored where this version has not scored them.

    Each date is written in one transaction; the same segments again change nothing. A refusal stands in ml_gates.
    """
    with gates.guarded(NAME, gates.SCORING):
        return _score(wanted.as_of)


def _score(day: date | None) -> dict[str, Any]:
    with one_thread(), connect() as con:
        require_tables(con, FEATURES, ("predictions", TABLE.split(".")[1]), ("reference", "rfm_segments"))
        run = register.require_champion(con, NAME)
        days = _choose_days(con, run, day)
        check_features(con, {})
        _require_features(con)
        model = None if run["model_file"] is None else from_bytes(files.read(run["model_file"], run["model_sha256"]))
        written = [_score_day(con, run, model, one) for one in days]
        return {
            **_summary(con, run, days[-1]),
            "as_of_dates": [str(one) for one in days],
            "written": sum(done["written"] for done in written),
            "removed": sum(done["removed"] for done in written),
            "is_unchanged": all(done["is_unchanged"] for done in written),
        }


def _score_day(con: Connection, run: dict[str, Any], model: Model | None, day: date) -> dict[str, Any]:
    version, count = run["model_version"], buyer_count(con, day)
    if not count:
        raise DataRefused(f"nobody had bought by {day}", "choose another date with --as-of, or load newer orders")
    say(f"{version} ({run['algorithm']}) segments {count:,} customers as of {day}")
    table = Table(TABLE, COLUMNS)
    if model is None:
        return publish(con, table, (version, day), _stage_rule(con, version, day))
    return publish_made(con, table, (version, day), (buyers_query(day), count, SPACE), Predictor(model))


@dataclass(frozen=True)
class Predictor:
    """What is published of a batch. Who has not bought for a year is in the segment of the lapsed."""

    model: Model

    def __call__(self, rows: Rows) -> dict[str, pa.Array]:
        import pyarrow as pa

        model, active = self.model, bought_within_a_year(rows)
        group = model.partition.nearest(rows.features)
        ids = np.array([segment.segment_id for segment in model.segments])
        names = np.array([segment.name for segment in model.segments], dtype=object)
        confidence = np.round(model.partition.confidence(rows.features), DIGITS)
        unusual = model.unusual.flags(model.partition.columns(rows.features))
        return {
            "segment_id": pa.array(np.where(active, ids[group], LAPSED_ID), pa.int64()),
            "segment_name": pa.array(np.where(active, names[group], LAPSED), pa.string()),
            "segment_confidence": pa.array(confidence, pa.float64(), mask=~active),
            "is_unusual": pa.array(unusual.astype(bool), pa.bool_(), mask=~active),
        }


def _stage_rule(con: Connection, version: str, day: date) -> str:
    """The RFM segments of the day, as in marts.fct_customer_rfm."""
    kind = "view" if on_spark(con) else "table"
    con.execute(f"create or replace temporary {kind} staged as {rule_query(version, day, _now())}")
    return "staged"


def rule_query(version: str, day: date, now: datetime) -> str:
    """RFM scores by rank, and the name of each code; both engines know it."""
    ids = " ".join(f"when '{name}' then {rfm.FIRST_ID + i}" for i, name in enumerate(rfm.SEGMENTS))
    scores = ", ".join(f"cast(1 + floor(5 * ({m}_rank - 1) / customer_count) as bigint)" for m in "rfm")
    return f"""
        with ranked as (
            select customer_id, count(*) over () as customer_count,
                rank() over (order by recency_days desc) as r_rank,
                rank() over (order by frequency_count) as f_rank,
                rank() over (order by monetary_amount) as m_rank
            from {".".join(FEATURES)}
            where as_of_date = date '{day}' and recency_days is not null
        ),
        coded as (select customer_id, concat({scores}) as rfm_code from ranked)
        select coded.customer_id, date '{day}' as as_of_date, '{version}' as model_version,
            cast(case segments.rfm_segment {ids} end as bigint) as segment_id, segments.rfm_segment as segment_name,
            cast(null as double) as segment_confidence, cast(null as boolean) as is_unusual,
            timestamp '{now}' as scored_at
        from coded inner join reference.rfm_segments as segments
            on coded.rfm_code = cast(segments.rfm_code as string)"""


def _choose_days(con: Connection, run: dict[str, Any], wanted: date | None) -> list[date]:
    newest, days = choose_day(con, wanted), snapshot_dates(con)
    if wanted is not None:
        return [newest]
    query = f"select distinct as_of_date from {TABLE} where model_version = ?"
    done = {day for (day,) in con.execute(query, [run["model_version"]]).fetchall()}
    wished = sorted({*days[-DATES:-1], *_newest_known(con, days)} - done - {newest})
    return [day for day in wished if buyer_count(con, day)] + [newest]


def _newest_known(con: Connection, days: tuple[date, ...]) -> list[date]:
    """The newest as-of date whose outcome is known, so that the profile can tell how its segments went on."""
    if not table_exists(con, *OUTCOMES):
        return []
    label = f"{'.'.join(OUTCOMES)} where {CHURN.label_column} is not null"
    row = con.execute(f"select max(as_of_date) from {label}").fetchone()
    return [row[0]] if row and row[0] in days else []


def _require_features(con: Connection) -> None:
    gone = [name for name in SPACE if name not in feature_columns(con)]
    if gone:
        raise DataRefused(f"features that segments need are gone: {', '.join(gone)}", "run `dbt build`")


def _summary(con: Connection, run: dict[str, Any], day: date) -> dict[str, Any]:
    rows = con.execute(
        f"select segment_name, count(*), count(*) filter (where is_unusual) from {TABLE} "
        "where model_version = ? and as_of_date = ? group by segment_id, segment_name order by segment_id",
        [run["model_version"], day],
    ).fetchall()
    return {
        "task": NAME,
        "model_version": run["model_version"],
        "algorithm": run["algorithm"],
        "as_of_date": day,
        "scored": sum(count for _, count, _ in rows),
        "segments": {name: count for name, count, _ in rows},
        "unusual": sum(unusual for *_, unusual in rows),
    }


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
