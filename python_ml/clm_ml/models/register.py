"""The register: ml_training_runs and the tables of figures beside it. A run is all in or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clm_ml.console import say
from clm_ml.errors import DataRefused, NotTrained
from clm_ml.models.snapshots import require_tables
from clm_ml.warehouse import Record, columns, connect, replace_rows, stage, transaction

if TYPE_CHECKING:
    from clm_ml.models.rows import Rows
    from clm_ml.models.slices import Slices
    from clm_ml.warehouse import Connection

RUNS, METRICS = "ml_training_runs", "ml_metrics"
CALIBRATION, EFFECTS, COSTS = "ml_calibration", "ml_feature_effects", "ml_candidate_costs"
BINS = "ml_feature_bins"
DIGITS = 10
Figure = tuple[float, float, float]
NEWEST_COLUMN = "seasonal_shift"
TABLES = (RUNS, METRICS, CALIBRATION, EFFECTS, COSTS, BINS)


def require(con: Connection) -> None:
    """Raises DataRefused where dbt has not made the register."""
    require_tables(con, *(("predictions", table) for table in TABLES))


def require_current(con: Connection) -> None:
    """Raises DataRefused where dbt has not made the register, or made it for an earlier version."""
    require(con)
    if NEWEST_COLUMN not in columns(con, "predictions", RUNS):
        raise DataRefused(
            f"predictions.{RUNS} has no column {NEWEST_COLUMN}: it was made by an earlier version",
            "run `dbt build --select predictions`",
        )


def find(con: Connection, version: str) -> Record | None:
    """One run, or None."""
    found = records(con, f"select * from predictions.{RUNS} where model_version = ?", [version])
    return found[0] if found else None


def champion(con: Connection, task: str) -> Record | None:
    """The run that scores, or None where nothing is trained."""
    found = records(
        con,
        f"select * from predictions.{RUNS} where task = ? and is_champion order by trained_at desc, model_version",
        [task],
    )
    return found[0] if found else None


def require_champion(con: Connection, task: str) -> Record:
    """The champion. Raises NotTrained where there is none."""
    require(con)
    run = champion(con, task)
    if run is None:
        raise NotTrained(f"no model is trained for {task}", f"run `clm-ml train {task}` first")
    return run


def save(con: Connection, run: Record, rest: dict[str, list[Record]]) -> None:
    """Write a run and its figures, one transaction; a champion takes the place of the last."""
    version = run["model_version"]
    with transaction(con):
        for table, rows in rest.items():
            _replace(con, table, f"p.model_version = '{version}'", rows)
        displaced = _displaced(con, run) if run["is_champion"] else []
        versions = ", ".join(f"'{one['model_version']}'" for one in (run, *displaced))
        _replace(con, RUNS, f"p.model_version in ({versions})", [run, *displaced])


def slice_columns(rows: Rows, slices: Slices) -> Record:
    """The columns of a run that say on which dates it was fitted, calibrated and tested, and on how many rows."""
    on_test = rows.on((slices.test,))
    return {
        "first_train_date": slices.train[0],
        "last_train_date": slices.train[-1],
        "calibration_date": slices.calibration,
        "test_date": slices.test,
        "train_row_count": int(rows.on(slices.train).sum()),
        "calibration_row_count": int(rows.on((slices.calibration,)).sum()),
        "test_row_count": int(on_test.sum()),
        "test_customer_count": len(set(rows.customer[on_test])),
    }


def metric_records(
    version: str, candidate: str, is_chosen: bool, split: str, figures: Mapping[str, Figure], row_count: int
) -> list[Record]:
    """The rows of ml_metrics that a candidate's figures (value, low, high) on a split make."""
    return [
        {
            "model_version": version,
            "candidate": candidate,
            "is_chosen": is_chosen,
            "split": split,
            "metric": metric,
            "metric_value": rounded(value),
            "value_low": rounded(low),
            "value_high": rounded(high),
            "row_count": row_count,
        }
        for metric, (value, low, high) in figures.items()
    ]


def rounded(value: float) -> float | None:
    """A figure as it is kept; None where there is none."""
    return None if not math.isfinite(value) else round(float(value), DIGITS)


def trained_already(known: Record) -> Record:
    """What training the same again comes to: nothing, or the run is the champion again where another one was."""
    version = known["model_version"]
    if known["is_champion"]:
        say(f"{version} is trained already, from the same data, code and settings: nothing changed")
        return {"is_new": False, **known}
    run = known | {"is_champion": True}
    with connect() as con:
        save(con, run, {})
    say(f"{version} is trained already, from the same data, code and settings: it is the champion again")
    return {"is_new": False, **run}


def _displaced(con: Connection, run: Record) -> list[Record]:
    """The champions whose place the run takes."""
    query = f"select * from predictions.{RUNS} where task = ? and is_champion and model_version <> ?"
    return [one | {"is_champion": False} for one in records(con, query, [run["task"], run["model_version"]])]


def _replace(con: Connection, table: str, gone: str, rows: list[Record]) -> None:
    if rows:
        stage(con, f"staged_{table}", rows, f"predictions.{table}")
        replace_rows(con, f"predictions.{table}", gone, f"select * from staged_{table}")


def records(con: Connection, query: str, values: list[Any] | None = None) -> list[Record]:
    """The rows of a query, as dictionaries."""
    result = con.execute(query, values or [])
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
