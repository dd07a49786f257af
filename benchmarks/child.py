"""What is measured, in a process of its own: `python -m benchmarks.child TASK REQUEST.json` prints one line of JSON.

A task imports what it needs, prepares, and measures only its work. Peak memory is the process's.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

TASKS = {
    "write_shop": "benchmarks.tasks",
    "statements": "benchmarks.tasks",
    "describe": "benchmarks.tasks",
    "split": "benchmarks.tasks",
    "arrive": "benchmarks.tasks",
    "fingerprints": "benchmarks.tasks",
    "form": "benchmarks.forms.tasks",
    "differences": "benchmarks.forms.tasks",
    "score_parts": "benchmarks.bare_models",
    "bare_training": "benchmarks.bare_models",
    "score_steps": "benchmarks.scoring",
    "bare_predict": "benchmarks.scoring",
}


class Meter:
    """Measures the block: wall and CPU seconds of this process, all threads included."""

    def __enter__(self) -> Meter:
        self._wall, self._cpu = time.perf_counter(), _cpu()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._wall, _cpu() - self._cpu

    @property
    def used(self) -> dict[str, float]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"wall": self.wall, "cpu": self.cpu, "peak_mb": peak}


def main(task: str, request: Path) -> None:
    """Do the task and print its answer; "used" is in it."""
    do: Callable[[dict[str, Any]], dict[str, Any]] = getattr(import_module(TASKS[task]), task)
    print(json.dumps(do(json.loads(request.read_text())), default=str))


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
