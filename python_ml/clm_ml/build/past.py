"""What dbt's steps took the last time: read from its run_results.json, kept per command beside it."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FILE = "clm_build_times.json"
NEARLY = 0.05


@dataclass(frozen=True)
class Past:
    """Seconds of each step of one run, by dbt's unique id, and of the whole run."""

    steps: dict[str, float]
    wall: float
    is_of_same_command: bool = True

    @property
    def median(self) -> float:
        """Seconds of a usual step."""
        return statistics.median(self.steps.values())

    def fits(self, total: int) -> bool:
        """Whether it says anything about a run of so many steps: the same command, or nearly as many steps."""
        return self.is_of_same_command or abs(len(self.steps) - total) <= NEARLY * total

    @property
    def wall_per_step_second(self) -> float:
        """Below 1 where steps ran at the same time, above where dbt did other things between them."""
        return self.wall / max(sum(self.steps.values()), 0.001)


def recall(target: Path, command: str) -> Past | None:
    """The last run of the very same command; else dbt's own last results, whatever they were of; else None."""
    kept = _read(target / FILE).get(command)
    if kept:
        return Past(kept["steps"], kept["wall"])
    past = _of(_read(target / "run_results.json"))
    return replace(past, is_of_same_command=False) if past else None


def remember(target: Path, command: str) -> None:
    """Keep what the run that has just ended took. A file that cannot be written costs only the next estimate."""
    past = _of(_read(target / "run_results.json"))
    if past is None:
        return
    everything = {**_read(target / FILE), command: {"steps": past.steps, "wall": past.wall}}
    try:
        (target / FILE).write_text(json.dumps(everything), encoding="utf-8")
    except OSError:
        return


def is_step(unique_id: str) -> bool:
    """Hooks and exposures have no number in dbt's count of steps."""
    return not unique_id.startswith(("operation.", "exposure."))


def _of(results: dict[str, Any]) -> Past | None:
    timed = [result for result in results.get("results", []) if is_step(result["unique_id"]) and result["timing"]]
    steps = {result["unique_id"]: float(result["execution_time"]) for result in timed}
    return Past(steps, float(results["elapsed_time"])) if steps else None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
