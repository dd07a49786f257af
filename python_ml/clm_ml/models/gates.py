"""The least data that a task needs: what was found, what is needed, and the reason where it is refused.

They stand in predictions.ml_gates, where BI reads why there is no score. Training measures them before it refuses by
them (see guards), and writes them whether it refuses or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from clm_ml.errors import DataRefused, NotTrained
from clm_ml.models import register
from clm_ml.models.guards import MIN_CUSTOMERS, MIN_OF_EACH_CLASS
from clm_ml.models.slices import choose_slices
from clm_ml.models.snapshots import Task, horizon_of, snapshot_dates
from clm_ml.warehouse import Record, connect, replace_rows, stage, table_exists, transaction

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

TABLE = "ml_gates"
TRAINING, SCORING = "training", "scoring"  # the gates that hold whatever else may be refused


@dataclass(frozen=True)
class Gate:
    """So many of something, where so many are needed."""

    name: str
    found: int
    needed: int
    of_what: str

    @property
    def is_passed(self) -> bool:
        return self.found >= self.needed

    @property
    def reason(self) -> str | None:
        """None where it is passed."""
        return None if self.is_passed else f"{self.found:,} {self.of_what}; {self.needed:,} needed"


def measure(
    con: Connection, task: Task, test: date | None, ones: str, classes: tuple[str, str] = ("churned", "retained")
) -> list[Gate]:
    """What there is to learn from. `ones` is the SQL of the first class; nothing is refused here."""
    known = f"from {task.source} where {task.eligible} and l.{task.label_column} is not null"
    counted = con.execute(
        f"select f.as_of_date, sum(case when {ones} then 1 else 0 end), count(*) {known} group by 1 order by 1"
    ).fetchall()
    row = con.execute(f"select count(distinct f.customer_id) {known}").fetchone()
    gates = [
        Gate("matured_dates", len(counted), 1, "as-of dates whose outcome is known"),
        Gate("customers", int(row[0]) if row else 0, MIN_CUSTOMERS, "eligible customers with a known outcome"),
    ]
    return gates + (_of_slices(con, task, test, counted, classes) if counted else [])


def _of_slices(
    con: Connection, task: Task, test: date | None, counted: list[tuple[date, int, int]], classes: tuple[str, str]
) -> list[Gate]:
    days = tuple(day for day, _, _ in counted)
    horizon_days = horizon_of(con, task)
    last = test or max(days)
    earlier = sum((last - day).days >= horizon_days for day in days)
    history = Gate("history", earlier, 1, f"as-of dates {horizon_days} days before the test date {last}")
    if last not in days or not history.is_passed:
        return [history]
    slices = choose_slices(days, horizon_days, test)
    parts = {"training": slices.train, "calibration": (slices.calibration,), "test": (slices.test,)}
    sums = {
        part: (sum(int(n) for d, n, _ in counted if d in dates), sum(int(a - n) for d, n, a in counted if d in dates))
        for part, dates in parts.items()
    }
    return [history] + [
        Gate(f"{part}_{word.replace(' ', '_')}", count, MIN_OF_EACH_CLASS, f"{word} customers in the {part} slice")
        for part, both in sums.items()
        for word, count in zip(classes, both, strict=True)
    ]


@contextmanager
def guarded(task: str, stage_of: str = TRAINING) -> Iterator[list[Gate]]:
    """What the block refuses stands in ml_gates, beside the gates it adds to the list. No model is no refusal."""
    measured: list[Gate] = []
    try:
        yield measured
    except NotTrained:
        raise
    except DataRefused as refused:
        record(task, measured, refused, stage_of)
        raise
    record(task, measured, None, stage_of)


def record(task: str, gates: list[Gate], refused: DataRefused | None = None, stage_of: str = TRAINING) -> None:
    """Write the gates, and whether the work as a whole was refused; the same rows are not written again."""
    with connect() as con:
        if not table_exists(con, "predictions", TABLE):
            return
        rows = _records(con, task, gates, refused, stage_of)
        gone = f"p.task = '{task}' and (p.gate = '{SCORING}') = {stage_of == SCORING}"
        held = register.records(con, f"select p.* from predictions.{TABLE} as p where {gone}")
        if sorted(held, key=_name) == sorted(rows, key=_name):
            return
        with transaction(con):
            stage(con, f"staged_{TABLE}", rows, f"predictions.{TABLE}")
            replace_rows(con, f"predictions.{TABLE}", gone, f"select * from staged_{TABLE}")


def _records(
    con: Connection, task: str, gates: list[Gate], refused: DataRefused | None, stage_of: str
) -> list[Record]:
    days = snapshot_dates(con) if table_exists(con, "features", "feat_customer__all") else ()
    shared = {"task": task, "as_of_date": days[-1] if days else None}
    found: list[tuple[str, int | None, int | None, str | None]] = [
        (g.name, g.found, g.needed, g.reason) for g in gates
    ]
    found.append((stage_of, None, None, refused.message if refused else None))
    return [
        {
            "gate": name,
            "found_count": count,
            "needed_count": needed,
            "is_passed": why is None,
            "reason": why,
            **shared,
        }
        for name, count, needed, why in found
    ]


def _name(row: Record) -> str:
    return str(row["gate"])
