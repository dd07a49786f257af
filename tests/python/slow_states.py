"""Lifecycle states, growth and revenue a second time: day by day, and from sets of customers per period.

Slow and obvious. Nothing here looks at an interval: a customer is followed from day to day, remembering only the
state of the day before, and a period is the set of who bought in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import slow_retention

ARRIVED = "(arrived)"
STATES = ("lead", "new", "active", "loyal", "at_risk", "lapsed", "reactivated")
# definitions.md, to the word; None is before the customer was known
ALLOWED = {
    None: {"lead", "new"},
    "lead": {"new"},
    "new": {"active", "loyal", "at_risk"},
    "active": {"loyal", "at_risk"},
    "loyal": {"active", "at_risk"},
    "at_risk": {"active", "loyal", "lapsed"},
    "lapsed": {"reactivated"},
    "reactivated": {"active", "loyal", "at_risk"},
}
DAY = timedelta(days=1)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Rule:
    """H and what else decides a state."""

    horizon: int
    at_risk_share: Decimal = Decimal("0.8")
    new_days: int = 30
    loyal_purchase_days: int = 3


def follow(bought: set[date], known: date | None, today: date, rule: Rule) -> dict[date, str]:
    """The state at the end of each day, from the day the customer was known or first bought."""
    begun = [day for day in (known, min(bought, default=None)) if day]
    state, last, young, young_from = None, None, None, None
    told: dict[date, str] = {}
    day = min(begun, default=today + DAY)
    while day <= today:
        if day in bought:
            last = day
            if state in (None, "lead", "lapsed"):
                young, young_from = ("reactivated" if state == "lapsed" else "new"), day
        if last is None:
            state = "lead"
        elif (day - last).days > rule.horizon:
            state, young = "lapsed", None
        elif (day - last).days > rule.at_risk_share * rule.horizon:
            state, young = "at_risk", None
        elif young and (day - young_from).days <= rule.new_days:
            state = young
        else:
            young = None
            recent = sum(day - timedelta(days=365) < d <= day for d in bought)
            state = "loyal" if recent >= rule.loyal_purchase_days else "active"
        told[day] = state
        day += DAY
    return told


def transitions(told: Mapping[str, Mapping[date, str]], month: date) -> dict[tuple[str, str], int]:
    """Heads by the state at the end of the day before a month and at the end of its last day."""
    before, last = month - DAY, slow_retention.following("month", month) - DAY
    heads: dict[tuple[str, str], int] = defaultdict(int)
    for days in told.values():
        if last in days:
            heads[days.get(before, ARRIVED), days[last]] += 1
    return heads


def start(period: str, day: date) -> date:
    return day if period == "day" else slow_retention.start(period, day)


def following(period: str, first: date) -> date:
    return first + DAY if period == "day" else slow_retention.following(period, first)


def spine(period: str, first: date, today: date) -> list[date]:
    found = [start(period, first)]
    while following(period, found[-1]) <= today:
        found.append(following(period, found[-1]))
    return found


def growth(bought: Mapping[str, set[date]], period: str, today: date) -> dict[date, dict[str, int] | None]:
    """By period, None while it is not over: heads by set algebra."""
    there: dict[date, set[str]] = defaultdict(set)
    for customer, days in bought.items():
        for day in days:
            there[start(period, day)].add(customer)
    counts: dict[date, dict[str, int] | None] = {}
    before: set[str] = set()
    ever: set[str] = set()
    for first in spine(period, min(there), today):
        now = there[first]
        counts[first] = {
            "active_count": len(now),
            "new_count": len(now - ever),
            "retained_count": len(now & before),
            "resurrected_count": len((now & ever) - before),
            "dormant_count": len(before - now),
        }
        if following(period, first) - DAY > today:
            counts[first] = None
        before, ever = now, ever | now
    return counts


def revenue(
    amounts: Iterable[tuple[str, date, Decimal]], period: str, today: date
) -> dict[date, dict[str, Decimal] | None]:
    """By period, None while it is not over: what each customer brought against the period before."""
    brought: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for customer, day, amount in amounts:
        brought[start(period, day)][customer] += amount
    begun = min(first for first, held in brought.items() if any(held.values()))
    sums: dict[date, dict[str, Decimal] | None] = {}
    before: Mapping[str, Decimal] = {}
    payers: set[str] = set()
    for first in spine(period, begun, today):
        now = brought[first]
        of: dict[str, Decimal] = defaultdict(Decimal)
        for customer in now.keys() | before.keys():
            _compare(of, before.get(customer, ZERO), now.get(customer, ZERO), customer in payers)
        sums[first] = dict(of) if following(period, first) - DAY <= today else None
        payers |= {customer for customer, amount in now.items() if amount > 0}
        before = now
    return sums


def _compare(of: dict[str, Decimal], then: Decimal, now: Decimal, has_paid: bool) -> None:
    of["revenue_amount"] += now
    if then > 0:
        of["base_amount"] += then
        of["net_retained_amount"] += now
        of["gross_retained_amount"] += min(now, then)
    # what was paid
    if now > 0 >= then:
        of["reactivated_amount" if has_paid else "new_amount"] += now
    elif then > 0 >= now:
        of["churned_amount"] += then
    elif then > 0 and now > 0:
        of["expansion_amount" if now > then else "contraction_amount"] += abs(now - then)
    # what was given back beyond that
    given_back = max(-now, ZERO) - max(-then, ZERO)
    of["contraction_amount" if given_back > 0 else "expansion_amount"] += abs(given_back)


def amounts(orders: Iterable[Mapping[str, Any]], today: date) -> Iterable[tuple[str, date, Decimal]]:
    """Sales under their day, refunds under theirs, of orders as slow_snapshots states them."""
    for order in orders:
        if order["is_sale"] and order["ordered_date"] <= today:
            yield order["customer_id"], order["ordered_date"], order["gross"] - order["discount"]
        if order["is_counted"]:
            for day, amount in order["refunds"]:
                if day <= today:
                    yield order["customer_id"], day, -amount
