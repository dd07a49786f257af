"""What a heavy step is to the benchmarks: whose rows it makes, what is read for them, and how others make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.child import Meter

Columns = tuple[str, ...]


class Read(Protocol):
    """How Polars and pandas read: an input's name, the columns, and which rows, in the words of each."""

    def __call__(self, name: str, columns: Columns, **how: Any) -> Any: ...


@dataclass(frozen=True)
class HeavyStep:
    """A step in three forms. All read the same inputs, and give the columns that are compared with the model's."""

    title: str
    models: Columns  # what the project makes the rows with, in order; the last one has them
    inputs: Mapping[str, tuple[str, Columns]]  # what a form calls it, to the model or seed and the columns read
    sql: str  # a select that names its inputs in braces
    in_polars: Callable[[Read], Any]
    in_pandas: Callable[[Read], Any]
    compared: Columns
    summed: str | None = None  # a column whose sum says how much was read

    @property
    def model(self) -> str:
        """The model whose rows these are."""
        return self.models[-1]


class Reader:
    """Reads columns of the Parquet copies with `reads`, and adds up what that takes."""

    def __init__(self, reads: Callable[..., Any], copies: Mapping[str, str | Path]) -> None:
        self._reads, self._copies = reads, copies
        self.used = {"wall": 0.0, "cpu": 0.0}

    def __call__(self, name: str, columns: Columns, **how: Any) -> Any:
        with Meter() as meter:
            frame = self._reads(self._copies[name], columns=list(columns), **how)
        for figure in self.used:
            self.used[figure] += meter.used[figure]
        return frame
