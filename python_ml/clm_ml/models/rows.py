"""Snapshot rows in memory: one row per customer and as-of date, features as doubles, NaN where not known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from clm_ml.models.sequence import Sequence

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """One row per (customer, day), in that order. `label` is 1 churned, 0 not, NaN not known.

    The sequence of days is there only where somebody reads it.
    """

    names: tuple[str, ...]
    customer: npt.NDArray[np.object_]
    day: npt.NDArray[np.datetime64]
    features: Floats
    label: Floats
    sequence: Sequence | None = None

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, keep: Flags | Ints) -> Rows:
        """The rows of a mask or of positions."""
        return replace(
            self,
            customer=self.customer[keep],
            day=self.day[keep],
            features=self.features[keep],
            label=self.label[keep],
            sequence=self.sequence and self.sequence.take(keep),
        )

    def on(self, days: tuple[date, ...]) -> Flags:
        """Which rows stand on one of the days."""
        mask: Flags = np.isin(self.day, np.array(days, dtype="datetime64[D]"))
        return mask

    def only(self, names: tuple[str, ...]) -> Rows:
        """The same rows with these features only."""
        positions = [self.names.index(name) for name in names]
        return replace(self, names=names, features=self.features[:, positions])

    def with_steps(self) -> Rows:
        """The same rows with the sequence as further columns: eight bytes a step, so of some rows at a time."""
        if self.sequence is None:
            return self
        names, wide = self.names + self.sequence.names, np.hstack([self.features, self.sequence.values.astype(float)])
        return replace(self, names=names, features=wide, sequence=None)

    def dates(self) -> tuple[date, ...]:
        """The as-of dates, oldest first."""
        days: list[date] = np.unique(self.day).tolist()
        return tuple(days)

    def customer_codes(self) -> Ints:
        """0, 1, 2 … for each customer, in the order of their ids."""
        return np.unique(self.customer.astype(str), return_inverse=True)[1].astype(np.int64)


def by_blocks(score: Callable[[Floats], Floats], features: Floats, size: int) -> Floats:
    """The scores of so many rows at a time, one after the other; of no rows, none."""
    blocks = [features[at : at + size] for at in range(0, len(features), size)]
    return np.concatenate([*(score(block) for block in blocks), np.empty(0)])


def fold_of(customers: npt.NDArray[np.object_], folds: int, seed: int) -> Ints:
    """The fold of each customer: a hash of the id, so it never depends on the other rows or on the machine."""
    return np.array([_hash(f"{seed}:{customer}") % folds for customer in customers], dtype=np.int64)


def sha256_of(rows: Rows, *more: Floats) -> str:
    """The content of the rows, and of what belongs to them, as 64 hex digits."""
    digest = hashlib.sha256("\n".join(rows.names).encode())
    digest.update("\n".join(map(str, rows.customer)).encode())
    for part in (rows.day.astype("datetime64[D]").astype(np.int64), rows.features, rows.label, *more):
        digest.update(np.ascontiguousarray(part).tobytes())
    if rows.sequence:
        digest.update("\n".join(rows.sequence.names).encode())
        digest.update(np.ascontiguousarray(rows.sequence.values).tobytes())
    return digest.hexdigest()


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
