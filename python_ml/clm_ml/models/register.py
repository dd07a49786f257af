"""The register: ml_training_runs, ml_metrics, ml_calibration, ml_feature_effects. A run is all in or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clm_ml.errors import DataRefused
from clm_ml.models.snapshots import require_tables
from clm_ml.warehouse import transaction

if TYPE_CHECKING:
    import duckdb

RUNS, METRICS = "ml_training_runs", "ml_metrics"
CALIBRATION, EFFECTS = "ml_calibration", "ml_feature_effects"
NEWEST_COLUMN = "seasonal_shift"
TABLES = (RUNS, METRICS, CALIBRATION, EFFECTS)

Record = dict[str, Any]


def require(con: duckdb.DuckDBPyConnection) -> None:
    """Raises DataRefused where dbt has not made the register."""
    require_tables(con, *(("predictions", table) for table in TABLES))


def require_current(con: duckdb.DuckDBPyConnection) -> None:
    """Raises DataRefused where dbt has not made the register, or made it for an earlier version."""
    require(con)
    if NEWEST_COLUMN not in {row[0] for row in con.execute(f"describe predictions.{RUNS}").fetchall()}:
        raise DataRefused(
            f"predictions.{RUNS} has no column {NEWEST_COLUMN}: it was made by an earlier version",
            "run `dbt build --select predictions`",
        )


def find(con: duckdb.DuckDBPyConnection, version: str) -> Record | None:
    """One run, or None."""
    found = records(con, f"select * from predictions.{RUNS} where model_version = ?", [version])
    return found[0] if found else None


def champion(con: duckdb.DuckDBPyConnection, task: str) -> Record | None:
    """The run that scores, or None where nothing is trained."""
    found = records(
        con,
        f"select * from predictions.{RUNS} where task = ? and is_champion order by trained_at desc, model_version",
        [task],
    )
    return found[0] if found else None


def require_champion(con: duckdb.DuckDBPyConnection, task: str) -> Record:
    """The champion. Raises DataRefused where nothing is trained."""
    require(con)
    run = champion(con, task)
    if run is None:
        raise DataRefused(f"no model is trained for {task}", f"run `clm-ml train {task}` first")
    return run


def save(con: duckdb.DuckDBPyConnection, run: Record, rest: dict[str, list[Record]]) -> None:
    """Write a run and its figures, one transaction; a champion takes the place of the last."""
    with transaction(con):
        for table in TABLES:
            con.execute(f"delete from predictions.{table} where model_version = ?", [run["model_version"]])
        if run["is_champion"]:
            con.execute(
                f"update predictions.{RUNS} set is_champion = false where task = ? and is_champion", [run["task"]]
            )
        insert(con, RUNS, [run])
        for table, rows in rest.items():
            insert(con, table, rows)


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[Record]) -> None:
    """Insert records by column name."""
    if not rows:
        return
    names = list(rows[0])
    marks = ", ".join("?" for _ in names)
    con.executemany(
        f"insert into predictions.{table} ({', '.join(names)}) values ({marks})",
        [[row[name] for name in names] for row in rows],
    )


def records(con: duckdb.DuckDBPyConnection, query: str, values: list[Any] | None = None) -> list[Record]:
    """The rows of a query, as dictionaries."""
    result = con.execute(query, values or [])
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
