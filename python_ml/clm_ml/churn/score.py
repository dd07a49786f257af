"""Score churn: the champion's probability, interval and reasons for every eligible customer of an as-of date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.console import narrated, progress, say
from clm_ml.errors import DataRefused
from clm_ml.models import files, gates, register
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.publish import publish
from clm_ml.models.reasons import explain
from clm_ml.models.rows import Floats, Rows, fold_of
from clm_ml.models.season import Shift, moved, pair_a_year_ago, shift_of, words
from clm_ml.models.sequence import split
from clm_ml.models.snapshots import (
    BATCH,
    CHURN,
    FEATURES,
    MOST_ROWS,
    check_tables,
    choose_day,
    eligible_count,
    eligible_query,
    labelled_dates,
    read_eligible,
    read_labelled,
    require_features,
    require_tables,
    rows_of,
)
from clm_ml.models.threads import one_thread
from clm_ml.warehouse import columns, connect, on_spark

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from clm_ml.warehouse import Connection

MEDIUM_FROM = 0.35  # risk_band: below is low
HIGH_FROM = 0.65  # from here on it is high
DIGITS = 6
SEQUENCES_AT_MOST = 100_000  # rows of a year ago, to measure the level of the season
LOG_ODDS_DIGITS = 10  # so that eight rounded parts still add up to 1e-9
TABLE = f"predictions.{CHURN.prediction_table}"
Model = tuple[Ensemble, Ensemble, Floats]  # as trained, at the season's level, and the customers to compare with
PLACES = (1, 2, 3)
VERDICT = (
    "churn_probability",
    "probability_low",
    "probability_high",
    "risk_band",
    *(f"reason_{place}" for place in PLACES),
)
PARTS = (
    "churn_log_odds",
    "baseline_log_odds",
    "season_contribution",
    *(f"reason_{place}_topic" for place in PLACES),
    *(f"reason_{place}_contribution" for place in PLACES),
    "other_contribution",
)
CONTENT = (*VERDICT, *PARTS)
TEXT = {"customer_id", "risk_band", *(f"reason_{place}{part}" for place in PLACES for part in ("", "_topic"))}
COLUMNS = ("customer_id", "as_of_date", "model_version", *VERDICT, "scored_at", *PARTS)  # as in the table


def score(day: date | None = None) -> dict[str, Any]:
    """Score one as-of date (the newest by default), in one transaction; the same scores again change nothing.

    What is refused stands in ml_gates.
    """
    with gates.guarded(CHURN.name, gates.SCORING):
        return _score(day)


def _score(day: date | None) -> dict[str, Any]:
    with one_thread(), connect() as con:
        require_tables(con, FEATURES, ("labels", CHURN.label_table), ("predictions", CHURN.prediction_table))
        _require_columns(con)
        run = register.require_champion(con, CHURN.name)
        day = choose_day(con, day)
        check_tables(con, CHURN, {})
        ensemble, reference = load(run)
        require_features(con, CHURN, ensemble.names)
        count = eligible_count(con, CHURN, day)
        if not count:
            raise DataRefused(
                f"nobody is eligible on {day}", "choose another date with --as-of, or load newer orders"
            )
        say(f"{run['model_version']} ({run['algorithm']}) scores {count:,} customers as of {day}")
        with narrated(lambda seconds: f"  reading the season of a year ago: {seconds:.0f} s so far"):
            shift, why = level_on(con, run, ensemble, day)
        say(why)
        staged = _stage(con, run["model_version"], day, (ensemble, moved(ensemble, shift), reference), count)
        with narrated(lambda seconds: f"  writing {count:,} scores, the last step: {seconds:.0f} s so far"):
            changed = publish(con, TABLE, CONTENT, (run["model_version"], day), staged)
        if on_spark(con):
            con.drop(staged)
        level = {"seasonal_shift": shift.amount if shift else None, "level": why}
        return {**_summary(con, run, day), **level, **changed}


def load(run: dict[str, Any]) -> tuple[Ensemble, Floats]:
    """The champion: its file, checked against the registered hash, or the rule that stands in the register."""
    if run["model_file"] is None:
        return files.from_state(json.loads(run["parameters"])["rule"])
    return files.from_bytes(files.read(run["model_file"], run["model_sha256"]))


def level_on(con: Connection, run: dict[str, Any], ensemble: Ensemble, day: date) -> tuple[Shift | None, str]:
    """What the season does between the model's calibration date and `day`, by what was known on `day`; and in words.

    Each customer of a year ago is scored by the member that was fitted without that customer, on any date.
    """
    horizon_days = run["horizon_days"]
    days = labelled_dates(con, CHURN, horizon_days)
    pair = pair_a_year_ago(days, horizon_days, run["deployed_calibration_date"], day)
    if pair is None:
        return None, words([None], None)
    most = SEQUENCES_AT_MOST if split(ensemble.names)[1] else MOST_ROWS
    rows = read_labelled(con, CHURN, ensemble.names, (pair.calibration, pair.predicted), most)
    shift = shift_of(ensemble, rows, fold_of(rows.customer, len(ensemble.members), run["seed"]), pair)
    return shift, words([shift], pair)


def risk_band(probability: Floats) -> np.ndarray:
    """low below .35, medium below .65, high from there on."""
    return np.array(["low", "medium", "high"], dtype=object)[np.digitize(probability, [MEDIUM_FROM, HIGH_FROM])]


def _stage(con: Connection, version: str, day: date, model: Model, count: int) -> str:
    """The scores of the day, under the name of a table that this returns."""
    now = datetime.now(UTC).replace(tzinfo=None)
    if on_spark(con):
        scorer = Scorer(model, version, day, now)
        con.stage_mapped(f"{TABLE}__staged", eligible_query(CHURN, day, model[0].names), scorer, TABLE)
        return f"{TABLE}__staged"
    con.execute(f"create or replace temporary table staged as select * from {TABLE} limit 0")
    batches = read_eligible(con, CHURN, day, model[0].names)
    for batch in progress(batches, f"batches of {BATCH:,} customers", total=-(-count // BATCH)):
        _stage_batch(con, predictions(model, batch), version, day, now)
    return "staged"


@dataclass(frozen=True)
class Scorer:
    """Scores the batches of `eligible_query` on a worker of Spark, into rows of the prediction table."""

    model: Model
    version: str
    day: date
    now: datetime

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with one_thread():
            for batch in batches:
                if batch.num_rows:
                    yield self._scored(rows_of(batch, self.model[0].names))

    def _scored(self, rows: Rows) -> pa.RecordBatch:
        import pyarrow as pa

        found = as_arrow(predictions(self.model, rows))
        same = {
            "as_of_date": pa.scalar(self.day, pa.date32()),
            "model_version": pa.scalar(self.version),
            "scored_at": pa.scalar(self.now.replace(tzinfo=UTC), pa.timestamp("us", "UTC")),
        }
        found |= {name: pa.repeat(value, len(rows)) for name, value in same.items()}
        return pa.RecordBatch.from_pydict({name: found[name] for name in COLUMNS})


def predictions(model: Model, rows: Rows) -> dict[str, Any]:
    """The published columns of a batch: low ≤ probability ≤ high, to six digits; baseline, season, reasons and
    everything else add up to the log odds.
    """
    ensemble, seasonal, reference = model
    probability, low, high = (np.round(part, DIGITS) for part in seasonal.interval(rows.features))
    reasons = explain(ensemble, rows.features, reference)
    season = seasonal.calibrator.intercept - ensemble.calibrator.intercept
    reason = range(len(PLACES))
    return {
        "customer_id": list(rows.customer),
        "churn_probability": probability,
        "probability_low": np.minimum(low, probability),
        "probability_high": np.maximum(high, probability),
        "risk_band": list(risk_band(probability)),
        **{f"reason_{PLACES[i]}": list(reasons.text[:, i]) for i in reason},
        "churn_log_odds": _log_odds(seasonal.logit(rows.features)),
        "baseline_log_odds": _log_odds(np.full(len(rows), reasons.baseline)),
        "season_contribution": _log_odds(np.full(len(rows), season)),
        **{f"reason_{PLACES[i]}_topic": list(reasons.topic[:, i]) for i in reason},
        **{f"reason_{PLACES[i]}_contribution": _log_odds(reasons.contribution[:, i]) for i in reason},
        "other_contribution": _log_odds(reasons.other),
    }


def as_arrow(columns: dict[str, Any]) -> dict[str, pa.Array]:
    """The published columns as Arrow arrays; NaN as NULL."""
    import pyarrow as pa

    return {
        name: pa.array(values, pa.string()) if name in TEXT else pa.array(values, pa.float64(), from_pandas=True)
        for name, values in columns.items()
    }


def _log_odds(values: Floats) -> Floats:
    rounded: Floats = np.round(values, LOG_ODDS_DIGITS) + 0.0  # no −0
    return rounded


def _stage_batch(
    con: duckdb.DuckDBPyConnection, columns: dict[str, Any], version: str, day: date, now: datetime
) -> None:
    import pyarrow as pa

    con.register("batch", pa.table(as_arrow(columns)))
    con.execute(
        f"insert into staged (customer_id, as_of_date, model_version, {', '.join(CONTENT)}, scored_at) "
        f"select customer_id, ?, ?, {', '.join(CONTENT)}, ? from batch",
        [day, version, now],
    )
    con.unregister("batch")


def _require_columns(con: Connection) -> None:
    missing = [name for name in COLUMNS if name not in columns(con, "predictions", CHURN.prediction_table)]
    if missing:
        raise DataRefused(
            f"{TABLE} has no column {missing[0]}: it was made by an earlier version",
            "run `dbt build --select predictions`",
        )


def _summary(con: Connection, run: dict[str, Any], day: date) -> dict[str, Any]:
    bands = dict(
        con.execute(
            f"select risk_band, count(*) from {TABLE} where model_version = ? and as_of_date = ? group by 1",
            [run["model_version"], day],
        ).fetchall()
    )
    return {
        "task": CHURN.name,
        "model_version": run["model_version"],
        "algorithm": run["algorithm"],
        "as_of_date": day,
        "scored": sum(bands.values()),
        "bands": {band: bands.get(band, 0) for band in ("low", "medium", "high")},
    }
