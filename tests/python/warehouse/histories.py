"""Random click histories: gaps around 30:00, ties, shared devices, versions that change their mind, late batches."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
START = datetime(2025, 3, 1, 22, 0)
FIRST_LOAD = datetime(2025, 5, 1, 6, 0)
GAPS = [0, 1, 60, 600, 1799, 1800, 1800, 1801, 1801, 2700, 7200, 86400, 3 * 86400]
TYPES = ["page_view", "page_view", "product_view", "add_to_cart", "checkout", "purchase", "hover"]
COLUMNS = ["event_id", "occurred_at", "anonymous_id", "customer_id", "event_type", "page_path", "product_id"]
COLUMNS += ["utm_source", "utm_medium", "utm_campaign", "device", "recorded_at", "loaded_at"]


def histories(visitors: int, batches: int, seed: int, days: int = 1) -> list[list[Row]]:
    """The raw rows of `events`, by the batch they arrive in; visitors begin on one of so many days.

    The last two batches share one loaded_at, and every fifth visitor has rows without it.
    """
    chance = random.Random(seed)
    rows = [row for number in range(visitors) for row in _history(chance, number, batches, days)]
    rows += _robot("robot", seconds_over=1) + _robot("insomniac", seconds_over=0)
    arrivals: list[list[Row]] = [[] for _ in range(batches)]
    for row in rows:
        arrivals[row.pop("batch")].append(row)
    return arrivals


def _history(chance: random.Random, number: int, batches: int, days: int) -> list[Row]:
    customers = [f"c{number}-{i}" for i in range(chance.choice([0, 1, 1, 2]))]
    home_batch = chance.randrange(batches)
    unstamped = number % 5 == 4
    moment, rows = START + timedelta(seconds=chance.randrange(days * 86400)), []
    for event_number in range(chance.randint(1, 14)):
        moment += timedelta(seconds=chance.choice(GAPS))
        event = _event(chance, number, event_number, moment, customers)
        for version in _versions(chance, event):
            batch = home_batch if chance.random() < 0.5 else chance.randrange(batches)
            is_unstamped = unstamped and chance.random() < 0.5
            stamp = None if is_unstamped else FIRST_LOAD + timedelta(hours=min(batch, batches - 2))
            rows.append({**version, "loaded_at": stamp, "batch": batch})
    return rows


def _event(chance: random.Random, visitor: int, number: int, moment: datetime, customers: list[str]) -> Row:
    device = f"v{visitor}" if chance.random() < 0.95 or not customers else None
    customer = chance.choice(customers) if customers and (device is None or chance.random() < 0.35) else None
    values = {
        "event_id": f"e{visitor}-{chance.randrange(100)}-{number}",
        "occurred_at": moment,
        "anonymous_id": device,
        "customer_id": customer,
        "event_type": chance.choice(TYPES),
        "page_path": chance.choice([None, "/", "/shoes", "/søk?q=kåpe"]),
        "utm_source": chance.choice([None, None, "mail", "search"]),
        "utm_medium": "email" if number % 5 == 3 else None,
        "utm_campaign": {2: "spring", 4: "sale"}.get(number % 7),
        "device": chance.choice([None, "phone", "desktop"]),
        "recorded_at": chance.choice([None, moment + timedelta(seconds=5), moment + timedelta(days=2)]),
    }
    return {name: values.get(name) for name in COLUMNS}


def _versions(chance: random.Random, event: Row) -> list[Row]:
    """The event, and now and then copies of it: identical, corrected, moved to another visitor, or unusable."""
    versions = [event]
    while chance.random() < 0.3:
        versions.append(
            event | chance.choice([_repeated, _corrected, _moved, _later, _spoilt])(**_hints(chance, event))
        )
    return versions


def _hints(chance: random.Random, event: Row) -> Row:
    return {"seconds": chance.choice([-2400, -1, 1, 1800]), "visitor": chance.randrange(40), "event": event}


def _repeated(**_: Any) -> Row:
    return {}


def _corrected(seconds: int, event: Row, **_: Any) -> Row:
    return {"occurred_at": event["occurred_at"] + timedelta(seconds=seconds), "event_type": "purchase"}


def _moved(visitor: int, **_: Any) -> Row:
    return {"anonymous_id": f"v{visitor}"}


def _later(event: Row, **_: Any) -> Row:
    return {"recorded_at": event["occurred_at"] + timedelta(days=9), "customer_id": None, "anonymous_id": "v0"}


def _spoilt(event: Row, **_: Any) -> Row:
    return {"recorded_at": event["occurred_at"] - timedelta(days=2), "page_path": "/spoilt"}


def _robot(name: str, seconds_over: int) -> list[Row]:
    """An event every half hour for three days, and some seconds more."""
    rows = []
    for number in range(145):
        moment = START + timedelta(minutes=30 * number)
        rows.append(
            {**dict.fromkeys(COLUMNS), "event_id": f"{name}-{number}", "anonymous_id": name, "occurred_at": moment}
        )
    extra = {
        **rows[-1],
        "event_id": f"{name}-end",
        "occurred_at": rows[-1]["occurred_at"] + timedelta(seconds=seconds_over),
    }
    return [{**r, "event_type": "page_view", "loaded_at": FIRST_LOAD, "batch": 0} for r in [*rows, extra]]
