"""What the register holds of a run, and how its figures stand side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clm_ml.errors import UsageError
from clm_ml.models import register

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection, Record


def run_of(con: Connection, task: str, version: str | None) -> Record:
    """The champion of a task, or the run of that version."""
    run = register.require_champion(con, task)
    if version:
        found = register.find(con, version)
        if not found or found["task"] != task:
            raise UsageError(f"no run of {task} is called {version}", "`clm-ml status` names the champion")
        run = found
    return run


def figures_of(con: Connection, table: str, run: Record, order: str) -> list[Record]:
    """The rows of a table of the register that belong to a run."""
    return register.records(
        con, f"select * from predictions.{table} where model_version = ? order by {order}", [run["model_version"]]
    )


def side_by_side(metrics: list[Record], shown: tuple[str, ...], sort_by: str, highest_first: bool = False) -> str:
    """The test read of every candidate, a column each, in the order of one metric."""
    test = {(m["candidate"], m["metric"]): m for m in metrics if m["split"] == "test"}

    def place(name: str) -> tuple[float, str]:
        value = test.get((name, sort_by), {}).get("metric_value")
        return (float("inf") if value is None else -value if highest_first else value, name)

    names = sorted({m["candidate"] for m in metrics}, key=place)
    chosen = {m["candidate"] for m in metrics if m["is_chosen"]}
    head = ["metric (test, 95 % interval)"] + [f"{n} *" if n in chosen else n for n in names]
    lines = [[metric, *(figure(test.get((name, metric))) for name in names)] for metric in shown]
    return grid([head, *lines]) + "\n* chosen"


def grid(lines: list[list[str]]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def figure(metric: Record | None) -> str:
    """A figure with its interval; a dash where there is none."""
    if metric is None or metric["metric_value"] is None:
        return "–"
    digits = 3 if abs(metric["metric_value"]) < 10 else 1
    if metric["value_low"] is None:
        return f"{metric['metric_value']:.{digits}f}"
    low, high = (f"{metric[end]:.{digits}f}" for end in ("value_low", "value_high"))
    return f"{metric['metric_value']:.{digits}f} [{low}, {high}]"
