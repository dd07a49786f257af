"""Score churn: the champion's probability, interval and reasons for every eligible customer of an as-of date."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.console import narrated, say
from clm_ml.errors import DataRefused
from clm_ml.models import files, gates, register
from clm_ml.models.contributions import score_alone
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.publish import Table, publish_made
from clm_ml.models.reasons import Explainer, Reasons
from clm_ml.models.rows import Floats, Rows, fold_of
from clm_ml.models.season import Shift, moved, pair_a_year_ago, shift_of, words
from clm_ml.models.sequence import split
from clm_ml.models.snapshots import (
    CHURN,
    FEATURES,
    MOST_ROWS,
    check_tables,
    choose_day,
    eligible_count,
    eligible_query,
    labelled_dates,
    read_labelled,
    require_features,
    require_tables,
)
from clm_ml.models.threads import one_thread
from clm_ml.tasks import NEWEST, REASONS, Scoring
from clm_ml.warehouse import columns, connect

if TYPE_CHECKING:
    import pyarrow as pa

    from clm_ml.warehouse import Connection

MEDIUM_FROM = 0.35  # risk_band: below is low
HIGH_FROM = 0.65  # from here on it is high
DIGITS = 6
SEQUENCES_AT_MOST = 100_000  # rows of a year ago, to measure the level of the season
LOG_ODDS_DIGITS = 10  # so that eight rounded parts still add up to 1e-9
TABLE = f"predictions.{CHURN.prediction_table}"
BANDS = ("low", "medium", "high")
EXPLAINED = dict(zip(REASONS, (BANDS, BANDS[1:], BANDS[2:], ()), strict=True))
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
TEXT = {f"reason_{place}{part}" for place in PLACES for part in ("", "_topic")}
COLUMNS = ("customer_id", "as_of_date", "model_version", *VERDICT, "scored_at", *PARTS)  # as in the table
REASON_COLUMNS = tuple(name for name in COLUMNS if name.startswith(("reason_", "baseline_", "other_")))


def score(wanted: Scoring = NEWEST) -> dict[str, Any]:
    """Score one as-of date (the newest by default), in one transaction; the same scores again change nothing.

    What is refused stands in ml_gates.
    """
    with gates.guarded(CHURN.name, gates.SCORING):
        return _score(wanted)


def _score(wanted: Scoring) -> dict[str, Any]:
    with one_thread(), connect() as con:
        require_tables(con, FEATURES, ("labels", CHURN.label_table), ("predictions", CHURN.prediction_table))
        _require_columns(con)
        run = register.require_champion(con, CHURN.name)
        day = choose_day(con, wanted.as_of)
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
        customers = (eligible_query(CHURN, day, ensemble.names), count, ensemble.names)
        predictor = Predictor(ensemble, moved(ensemble, shift), reference, EXPLAINED[wanted.reasons])
        changed = publish_made(con, Table(TABLE, COLUMNS), (run["model_version"], day), customers, predictor)
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


@dataclass(frozen=True)
class Predictor:
    """What is published of a batch: low ≤ probability ≤ high, to six digits; baseline, season, reasons and everything
    else add up to the log odds.

    `seasonal` is the ensemble at the season's level. Reasons are of those whose risk band is in `explained`; the
    others have NULL for them, for the baseline and for everything else.
    """

    ensemble: Ensemble
    seasonal: Ensemble
    reference: Floats
    explained: tuple[str, ...] = BANDS

    def __call__(self, rows: Rows) -> dict[str, pa.Array]:
        if self.explained == BANDS:
            told = self._explainer.of(rows.features)
            return self._columns(rows, told.score) | _reasons(told)
        columns = self._columns(rows, self._score(rows.features))
        return columns | self._reasons_of_some(rows, columns["risk_band"])

    def _reasons_of_some(self, rows: Rows, band: pa.StringArray) -> dict[str, pa.Array]:
        import pyarrow as pa

        wanted = np.isin(band.to_numpy(zero_copy_only=False), self.explained)
        if not wanted.any():
            nothing = {True: pa.nulls(len(rows), pa.string()), False: pa.nulls(len(rows), pa.float64())}
            return {name: nothing[name in TEXT] for name in REASON_COLUMNS}
        place = pa.array(np.cumsum(wanted) - 1, mask=~wanted)
        told = _reasons(self._explainer.of(rows.features[wanted]))
        return {name: values.take(place) for name, values in told.items()}

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.ensemble, self.reference)

    @cached_property
    def _score(self) -> Callable[[Floats], Floats]:
        return score_alone(self.ensemble)

    def _columns(self, rows: Rows, score: Floats) -> dict[str, pa.Array]:
        probability, low, high = (np.round(p, DIGITS) for p in self.seasonal.interval_at(score, rows.features))
        season = self.seasonal.calibrator.intercept - self.ensemble.calibrator.intercept
        return {
            "churn_probability": _numbers(probability),
            "probability_low": _numbers(np.minimum(low, probability)),
            "probability_high": _numbers(np.maximum(high, probability)),
            "risk_band": risk_band(probability),
            "churn_log_odds": _log_odds(self.seasonal.calibrator.logit(score)),
            "season_contribution": _log_odds(np.full(len(rows), season)),
        }


def _reasons(told: Reasons) -> dict[str, pa.Array]:
    columns = {"baseline_log_odds": _log_odds(np.full(len(told.other), told.baseline))}
    for i, place in enumerate(PLACES):
        columns[f"reason_{place}"] = told.text[i]
        columns[f"reason_{place}_topic"] = told.topic[i]
        columns[f"reason_{place}_contribution"] = _log_odds(told.contribution[:, i])
    return columns | {"other_contribution": _log_odds(told.other)}


def risk_band(probability: Floats) -> pa.StringArray:
    """low below .35, medium below .65, high from there on."""
    import pyarrow as pa

    return pa.array(BANDS).take(pa.array(np.digitize(probability, [MEDIUM_FROM, HIGH_FROM])))


def _numbers(values: Floats) -> pa.Array:
    """NaN as NULL."""
    import pyarrow as pa

    return pa.array(values, pa.float64(), from_pandas=True)


def _log_odds(values: Floats) -> pa.Array:
    return _numbers(np.round(values, LOG_ODDS_DIGITS) + 0.0)  # no −0


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
        "bands": {band: bands.get(band, 0) for band in BANDS},
    }
