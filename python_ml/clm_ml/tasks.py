"""What can be predicted. Each task is a package clm_ml.<task> with the modules train, score and evaluate.

train.train(Training) -> the run, with is_new       score.score(Scoring) -> what was written
evaluate.evaluate(version or None) -> the figures   evaluate.as_text(figures) -> the same as text
A task whose models may be sums has a fourth: export.export(as-of date or None, plain) -> SQL.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from clm_ml.console import say
from clm_ml.errors import DataRefused, NotTrained, UsageError

TASKS = ("churn", "clv", "segment")
REASONS = ("all", "medium", "high", "none")  # from which risk band on a score has reasons

Record = dict[str, Any]


@dataclass(frozen=True)
class Training:
    """What a user may decide about a training; a task ignores what does not concern it."""

    test: date | None = None
    seed: int = 0
    folds: int = 3
    trusted: tuple[str, ...] = ()
    candidates: str | None = None


@dataclass(frozen=True)
class Scoring:
    """What a user may decide about a scoring; a task ignores what does not concern it."""

    as_of: date | None = None
    reasons: str = REASONS[0]

    def __post_init__(self) -> None:
        if self.reasons not in REASONS:
            raise UsageError(f"no choice of reasons is called {self.reasons!r}", f"they are: {', '.join(REASONS)}")


NEWEST = Scoring()


def part_of(task: str, part: str) -> Any:
    """The module train, score, evaluate or export of a task. Raises UsageError where the task has no such part."""
    if importlib.util.find_spec(f"clm_ml.{task}.{part}") is None:
        raise UsageError(f"{task} has nothing to {part}", "see `clm-ml --help`")
    return importlib.import_module(f"clm_ml.{task}.{part}")


def chosen(names: list[str] | None) -> tuple[str, ...]:
    """The tasks of these names, in their own order; all of them where none is named. Raises UsageError."""
    unknown = [name for name in names or [] if name not in TASKS]
    if unknown:
        raise UsageError(f"no task is called {', '.join(unknown)}", f"the tasks are: {', '.join(TASKS)}")
    return tuple(task for task in TASKS if not names or task in names)


def each(names: list[str] | None, work: Callable[[str], Record]) -> dict[str, Record]:
    """The work done for each task. A task whose data refuse it does not keep the others from theirs.

    Raises DataRefused after the last of them. Where no task is named, one that is not trained is no failure as long
    as another one is.
    """
    done: dict[str, Record] = {}
    refused: list[DataRefused] = []
    tasks = chosen(names)
    for task in tasks:
        try:
            done[task] = work(task)
        except DataRefused as error:
            refused.append(error)
            if len(tasks) > 1:
                say(f"{task}: {error.message}")
    if done and not names:
        refused = [error for error in refused if not isinstance(error, NotTrained)]
    if refused:
        raise refused[0] if len(refused) == 1 else _together(refused)
    return done


def _together(refused: list[DataRefused]) -> DataRefused:
    remedies = dict.fromkeys(error.remedy for error in refused if error.remedy)
    return DataRefused("; ".join(error.message for error in refused), "; ".join(remedies))
