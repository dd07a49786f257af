"""Runs a command in a process of its own and says what it used: wall time, CPU time, peak memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class CommandFailed(RuntimeError):
    """A measured command ended with another exit code than 0."""


@dataclass(frozen=True)
class Used:
    """What one process and its children used. CPU is user and system time of all of them."""

    wall: float
    cpu: float
    peak_mb: float

    def beyond(self, fixed: Used) -> Used:
        """What is left without the fixed part; at least a hundredth of a second, so that ratios stay finite."""
        return Used(max(0.01, self.wall - fixed.wall), max(0.01, self.cpu - fixed.cpu), self.peak_mb)

    def plus(self, other: Used) -> Used:
        """One after the other."""
        return Used(self.wall + other.wall, self.cpu + other.cpu, max(self.peak_mb, other.peak_mb))

    def per(self, other: Used) -> dict[str, float]:
        """The ratio to another use, by CPU and by wall time."""
        return {"cpu": self.cpu / max(other.cpu, 1e-3), "wall": self.wall / max(other.wall, 1e-3)}

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 3) for name, value in asdict(self).items()}


NOTHING = Used(0.0, 0.0, 0.0)


def total(parts: Sequence[Used]) -> Used:
    """One after the other."""
    result = NOTHING
    for part in parts:
        result = result.plus(part)
    return result


def median(runs: Sequence[Used]) -> Used:
    """The median of each figure on its own."""
    return Used(*(statistics.median(getattr(run, name) for run in runs) for name in ("wall", "cpu", "peak_mb")))


def run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[Used, str]:
    """Run it in the project's folder; what it used, and what it printed. Raises CommandFailed."""
    import time

    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT, env=dict(environment))
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said, complained = (_text(file) for file in (out, err))
    if process.returncode:
        raise CommandFailed(
            f"{' '.join(command)} ended with {process.returncode}\n{said[-4000:]}\n{complained[-4000:]}"
        )
    return Used(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), said


def child(task: str, request: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Used, dict[str, Any]]:
    """A task of benchmarks.child in a process of its own. What it used is measured inside it, without its start."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(request, file, default=str)
        file.flush()
        _, said = run([sys.executable, "-m", "benchmarks.child", task, file.name], environment)
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])
    return Used(**answer.pop("used")), answer


def repeated(once: Callable[[], tuple[Used, dict[str, Any]]], times: int) -> tuple[Used, dict[str, Any]]:
    """The median of so many runs, and the last answer."""
    runs = [once() for _ in range(max(1, times))]
    return median([used for used, _ in runs]), runs[-1][1]


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read())
