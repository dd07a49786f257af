"""Listens to dbt's JSON log and says in a line how far the run is and what remains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from clm_ml.build.past import Past, is_step
from clm_ml.console import say

LOCKED = ("Conflicting lock", "Could not set lock")
PASSED_ON = {"warn", "error"}
UNCHANGED = "UNCHANGED"  # what macros/duckdb/kept_relations.sql says of a relation that it keeps
ENOUGH = 1.0  # seconds of finished steps before this run's own pace counts


class Narrator:
    """`hear` takes dbt's events as they come; `words` is the line to say now."""

    def __init__(self, past: Past | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._past, self._clock = past, clock
        self._started = clock()
        self._first_step_at: float | None = None
        self._running: dict[str, tuple[int, str, float]] = {}
        self._finished: dict[str, float] = {}
        self.total = 0
        self.unchanged_count = 0  # relations that were kept as they are
        self.counts: dict[str, int] = {}
        self.is_locked = False

    def hear(self, event: dict[str, Any]) -> None:
        """One event: a step begins or ends, the counts at the end, or a warning or an error that is passed on."""
        info, data = event.get("info", {}), event.get("data", {})
        name, node = info.get("name", ""), data.get("node_info") or {}
        if name == "LogStartLine":
            self._begin(node["unique_id"], int(data["index"]), node["node_name"], int(data["total"]))
        elif "execution_time" in data and is_step(node.get("unique_id", "operation.")):
            self._end(node["unique_id"], float(data["execution_time"]))
            self.unchanged_count += data.get("status") == UNCHANGED
        elif name == "StatsLine":
            self.counts = {key: int(value) for key, value in data.get("stats", {}).items()}
        self._pass_on(str(info.get("level", "")), str(info.get("msg", "")))

    def hear_text(self, line: str) -> None:
        """A line that is no event is passed on as it is."""
        if line.strip():
            self._pass_on("error", line.rstrip())

    def words(self, seconds: float) -> str:
        """`step 41 of 231, int_events: 12 s; about 40 s to go`."""
        if not self._running:
            return f"  dbt: {seconds:.0f} s; {'between two steps' if self._finished else 'it reads the project'}"
        index, name, since = min(self._running.values(), key=lambda step: step[2])
        return f"  step {index} of {self.total}, {name}: {self._clock() - since:.0f} s{self._to_go()}"

    @property
    def step_count(self) -> int:
        """Steps that have ended."""
        return len(self._finished)

    def _begin(self, step: str, index: int, name: str, total: int) -> None:
        now = self._clock()
        self._first_step_at = now if self._first_step_at is None else self._first_step_at
        self._running[step] = (index, name, now)
        self.total = total

    def _end(self, step: str, seconds: float) -> None:
        self._running.pop(step, None)
        self._finished[step] = seconds

    def _pass_on(self, level: str, text: str) -> None:
        self.is_locked = self.is_locked or any(words in text for words in LOCKED)
        if level in PASSED_ON and text.strip():
            say(text.strip("\n"))

    def _to_go(self) -> str:
        if self._past is not None and self._past.fits(self.total):
            return f"; about {self._by_past(self._past):.0f} s to go"
        by_count = self._by_count()
        return "" if by_count is None else f"; about {by_count:.0f} s to go, by the number of steps left"

    def _by_past(self, past: Past) -> float:
        """What the steps that are left took last time, at this run's pace; a running step is done in part."""
        now, pace = self._clock(), self._pace(past)
        waiting = past.steps.keys() - self._finished.keys() - self._running.keys()
        left = pace * sum(past.steps[step] for step in waiting)
        for step, (_, _, since) in self._running.items():
            left += max(0.0, pace * past.steps.get(step, past.median) - (now - since))
        return left * past.wall_per_step_second

    def _pace(self, past: Past) -> float:
        """How this run's finished steps compare with the last run's: above 1 is slower."""
        both = [step for step in self._finished if step in past.steps]
        before = sum(past.steps[step] for step in both)
        return sum(self._finished[step] for step in both) / before if before > ENOUGH else 1.0

    def _by_count(self) -> float | None:
        if not self._finished or self._first_step_at is None:
            return None
        each = (self._clock() - self._first_step_at) / len(self._finished)
        return each * (self.total - len(self._finished))
