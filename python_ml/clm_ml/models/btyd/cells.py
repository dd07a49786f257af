"""The sufficient statistics: distinct (frequency, recency, age) with the number of customers that have them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clm_ml.models.rows import Floats, Ints


class NotCustomers(ValueError):
    """Rows that no customer can have."""


@dataclass(frozen=True)
class Cells:
    """One row per cell; `count` customers each. Times in the caller's unit.

    `purchases` are the distinct frequencies and `which` points into them: what depends on the frequency alone is
    computed once per frequency.
    """

    frequency: Floats
    recency: Floats
    age: Floats
    count: Floats
    purchases: Floats
    which: Ints

    @classmethod
    def of(cls, frequency: Floats, recency: Floats, age: Floats) -> Cells:
        """Customers, grouped."""
        return cls.placed(frequency, recency, age)[0]

    @classmethod
    def placed(cls, frequency: Floats, recency: Floats, age: Floats) -> tuple[Cells, Ints]:
        """Customers, grouped, and the cell of each: `per_cell[place]` is per customer."""
        rows = np.column_stack([frequency, recency, age]).astype(float)
        _refuse_the_impossible(rows)
        order = np.lexsort(rows.T[::-1])
        rows = rows[order]
        is_new = np.r_[True, (np.diff(rows, axis=0) != 0).any(axis=1)]
        place = np.empty(len(rows), dtype=np.int64)
        place[order] = np.cumsum(is_new) - 1
        purchases, which = np.unique(rows[is_new, 0], return_inverse=True)
        count = np.bincount(place).astype(float)
        x, t, age = rows[is_new].T.copy()
        return cls(x, t, age, count, purchases, which.astype(np.int64)), place

    @classmethod
    def ungrouped(cls, frequency: Floats, recency: Floats, age: Floats) -> Cells:
        """Customers, each their own cell, nothing shared: what grouping is compared with."""
        rows = np.column_stack([frequency, recency, age]).astype(float)
        _refuse_the_impossible(rows)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2], np.ones(len(rows)), rows[:, 0], np.arange(len(rows)))

    @property
    def customers(self) -> float:
        """How many there are."""
        return float(self.count.sum())

    def in_units_of(self, unit: float) -> Cells:
        """The same customers with time measured in another unit: so many of the present one."""
        return replace(self, recency=self.recency / unit, age=self.age / unit)


def _refuse_the_impossible(rows: Floats) -> None:
    frequency, recency, age = rows.T
    if not len(rows):
        raise NotCustomers("no customers")
    if not np.isfinite(rows).all() or (rows < 0).any() or (frequency != np.floor(frequency)).any():
        raise NotCustomers("frequency must be a whole number, recency and age times, none of them missing or below 0")
    if (recency > age).any():
        raise NotCustomers("a last purchase lies after the as-of date (recency > age)")
    if ((frequency == 0) != (recency == 0)).any():
        raise NotCustomers("recency must be 0 where there is no repeat purchase, and only there")
