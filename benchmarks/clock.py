"""Says on stderr which step runs and about how much time remains, by what the steps before it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from clm_ml.console import say


@dataclass
class Clock:
    """`planned` are the seconds that each step takes on a usual machine; this one's pace corrects them."""

    planned: list[float]
    done: list[float] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """Say what begins; count it when it has ended."""
        say(f"{self._place()} {words}{self._remaining()}")
        yield
        self.done.append(self.planned[len(self.done)])

    def _place(self) -> str:
        return f"[{len(self.done) + 1}/{len(self.planned)}]"

    def _remaining(self) -> str:
        pace = (time.monotonic() - self.started) / sum(self.done) if self.done else 1.0
        seconds = pace * sum(self.planned[len(self.done) :])
        return f"; about {seconds / 60:.0f} min to go" if seconds > 90 else f"; about {seconds:.0f} s to go"
