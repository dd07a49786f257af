"""The sequence of a customer's days before an as-of date: thirteen periods of four weeks, a number per channel.

A row has it as further columns, period by period, of which 0 is nothing. Only who reads the sequence asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TABLE = ("features", "feat_customer__sequence")
PERIODS, WEEKS = 13, 4
CHANNELS = {  # of the table, each with the topic that its reasons count for
    "purchase_days": "order rhythm",
    "net_revenue_amount": "spend",
    "visit_days": "visits",
    "event_count": "visits",
    "product_view_count": "browsing",
    "cart_count": "browsing",
    "message_count": "messages",
    "opened_count": "messages",
    "clicked_count": "messages",
    "ticket_count": "support",
    "complaint_count": "complaints",
    "review_count": "reviews",
}


@dataclass(frozen=True)
class Step:
    """A channel in a period; 1 is the newest."""

    channel: str
    period: int

    @property
    def name(self) -> str:
        """The column's name, as one would say it: visit_days_weeks_1_to_4."""
        return f"{self.channel}_weeks_{WEEKS * (self.period - 1) + 1}_to_{WEEKS * self.period}"


STEPS = {step.name: step for period in range(1, PERIODS + 1) for step in (Step(c, period) for c in CHANNELS)}


@dataclass(frozen=True)
class Sequence:
    """The steps of so many rows, side by side; in single precision, as there are many."""

    names: tuple[str, ...]
    values: npt.NDArray[np.float32]

    def take(self, keep: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Sequence:
        """The rows of a mask or of positions."""
        return Sequence(self.names, self.values[keep])

    def says(self) -> tuple[str, ...]:
        """The columns of the channels that are not 0 in every row."""
        there = {STEPS[self.names[i]].channel for i in np.flatnonzero(np.any(self.values, axis=0))}
        return tuple(name for name in self.names if STEPS[name].channel in there)

    def newest(self) -> tuple[str, ...]:
        """The columns of the newest period."""
        return tuple(name for name in self.names if STEPS[name].period == 1)

    def only(self, names: tuple[str, ...]) -> Sequence:
        """The same rows with these columns only."""
        return Sequence(names, self.values[:, [self.names.index(name) for name in names]])


def split(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The features, and the steps of a sequence, among the names of columns."""
    return tuple(n for n in names if n not in STEPS), tuple(n for n in names if n in STEPS)


def channels(names: tuple[str, ...]) -> tuple[str, ...]:
    """The channels of the steps among the names."""
    return tuple(dict.fromkeys(STEPS[name].channel for name in names if name in STEPS))


def positions(names: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Where the steps stand among the names: a row per period, oldest first, a column per channel."""
    place = {name: position for position, name in enumerate(names)}
    return np.array(
        [[place[Step(c, period).name] for c in channels(names)] for period in range(PERIODS, 0, -1)], dtype=np.int64
    )


def laid_out(names: tuple[str, ...], days: str = "") -> str:
    """A query with a row per customer and as-of date, of `days` only where they are given, and a column per step."""
    where = f" where as_of_date in ({days})" if days else ""
    steps = ", ".join(
        f"sum(case when period_number = {STEPS[name].period} then {STEPS[name].channel} end) as {name}"
        for name in names
    )
    return f"select customer_id, as_of_date, {steps} from {'.'.join(TABLE)}{where} group by customer_id, as_of_date"
