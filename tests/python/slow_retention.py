"""Retention and churn a second time: from sets of days per customer, cell by cell, looking at every customer.

Slow and obvious. A cell is (how many there were, how many came back), the second None until its last day is over.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

Days = Mapping[str, set[date]]
Cell = tuple[int, int | None]
Z = 1.959963984540054


def start(period: str, day: date) -> date:
    return day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday())


def following(period: str, first: date) -> date:
    """The first day of the period after the one that begins here."""
    return start(period, first + timedelta(days=31 if period == "month" else 7))


def periods(period: str, first: date, today: date) -> list[date]:
    found = [start(period, first)]
    while following(period, found[-1]) <= today:
        found.append(following(period, found[-1]))
    return found


def cohorts(days: Days, period: str, today: date, value: Callable[[str], str]) -> dict[tuple[str, date, int], Cell]:
    """By value, cohort and periods since: the cohort's size, and who was active in that period."""
    members = defaultdict(list)
    for customer, held in days.items():
        members[value(customer), start(period, min(held))].append(held)
    cells: dict[tuple[str, date, int], Cell] = {}
    for (of, cohort), people in members.items():
        for since, first in enumerate(periods(period, cohort, today)):
            end = following(period, first)
            back = sum(any(first <= day < end for day in held) for held in people)
            cells[of, cohort, since] = (len(people), back if end - timedelta(days=1) <= today else None)
    return cells


def came_back(first_days: Mapping[str, date], days: Days, today: date, window: tuple[int, int]) -> dict[date, Cell]:
    """By day 0: how many there were, and who was active on any day of the window after it."""
    first, last = window
    members = defaultdict(list)
    for customer, zero in first_days.items():
        members[zero].append(days[customer])
    cells = {}
    for zero, people in members.items():
        wanted = {zero + timedelta(days=n) for n in range(first, last + 1)}
        cells[zero] = (len(people), sum(bool(held & wanted) for held in people))
    return cells


def churned(
    is_active: Mapping[str, Callable[[date], bool]], period: str, first: date, today: date
) -> dict[date, Cell]:
    """By period: who was active on the day before it, and who of them was not on its last day."""
    cells: dict[date, Cell] = {}
    for begin in periods(period, first, today):
        before, last = begin - timedelta(days=1), following(period, begin) - timedelta(days=1)
        there = [active for active in is_active.values() if active(before)]
        cells[begin] = (len(there), sum(not active(last) for active in there) if last <= today else None)
    return cells


def bought_within(days: set[date], horizon: int) -> Callable[[date], bool]:
    """Whether there is a purchase day no more than H days ago."""
    return lambda day: any(day - timedelta(days=horizon) <= d <= day for d in days)


def under_contract(contracts: Iterable[tuple[date, date | None]], grace: int) -> Callable[[date], bool]:
    """Whether a day is under a contract, or in a gap between two that is within the grace period."""
    held = sorted((first, last or date.max) for first, last in contracts if last is None or last > first)

    def is_active(day: date) -> bool:
        if any(first <= day < last for first, last in held):
            return True
        ended = [last for _, last in held if last <= day]
        begun = [first for first, _ in held if first > day]
        return bool(ended and begun) and (min(begun) - max(ended)).days <= grace

    return is_active


def overall(cells: Iterable[Cell]) -> Cell | None:
    matured = [(size, back) for size, back in cells if back is not None]
    return (sum(size for size, _ in matured), sum(back for _, back in matured)) if matured else None


def wilson(part: int, whole: int) -> tuple[float, float]:
    share, middle = part / whole, Z * Z / 2 / whole
    half = Z * math.sqrt((share * (1 - share) + Z * Z / 4 / whole) / whole)
    return (share + middle - half) / (1 + Z * Z / whole), (share + middle + half) / (1 + Z * Z / whole)


def is_rate(row: Mapping[str, Any], part: str, whole: str, rate: str) -> bool:
    """Whether a row's rate and interval are those of its counts, and NULL where there are none."""
    found = [row[rate], row[f"{rate}_low"], row[f"{rate}_high"]]
    if row[part] is None or not row[whole]:
        return found == [None] * 3
    expected = [row[part] / row[whole], *wilson(row[part], row[whole])]
    return all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(found, expected, strict=True))
