"""Another future: what happened or became known after a day is deleted, changed and added to; the past stays."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
HAPPENED = {
    "customers": "created_at",
    "orders": "ordered_at",
    "refunds": "refunded_at",
    "events": "occurred_at",
    "campaign_messages": "sent_at",
    "support_tickets": "opened_at",
    "reviews": "created_at",
    "subscriptions": "started_at",
}
KEYS = {
    "orders": "order_id",
    "refunds": "refund_id",
    "campaign_messages": "message_id",
    "support_tickets": "ticket_id",
    "reviews": "review_id",
    "order_items": "order_id",
    "subscriptions": "subscription_id",
    "events": "event_id",
}
TIMES = ("opened_at", "clicked_at", "unsubscribed_at", "first_response_at", "closed_at")


def known_on(table: str, row: Row) -> date:
    """The day the row was known; a row that never says was always known."""
    known = row.get("recorded_at") or row.get(HAPPENED.get(table, "recorded_at"))
    return known.date() if known else date.min


def is_later(table: str, row: Row, day: date) -> bool:
    happened = row.get(HAPPENED.get(table, ""))
    return known_on(table, row) > day or bool(happened and happened.date() > day)


def scrambled(tables: Tables, other: Tables, day: date, seed: int) -> Tables:
    """`tables` up to the end of `day`, then another future, fed by the later rows of `other` too.

    Customers keep their rows and products theirs: their attributes are today's by decision. So do events whose first
    version was known by then: they say what their newest version says.
    """
    chance = random.Random(seed)
    people = sorted({r["customer_id"] for r in tables["customers"] if r["customer_id"]})
    futures = {
        name: _scrambled_rows(chance, name, tables.get(name, []), other.get(name, []), people, day) for name in KEYS
    }
    return {**tables, **futures, "customers": tables["customers"] + _newcomers(day)}


def _scrambled_rows(
    chance: random.Random, table: str, rows: list[Row], others: list[Row], people: list[str], day: date
) -> list[Row]:
    key = KEYS[table]
    settled = {r[key] for r in rows if known_on(table, r) <= day} if table == "events" else set()
    past, future = [], []
    for row in rows:
        (future if is_later(table, row, day) and row[key] not in settled else past).append(row)
    changed = [_changed(chance, r) for r in future if chance.random() < 0.5]
    added = [_borrowed(chance, r, key, people) for r in others if is_later(table, r, day)]
    news = [_news(chance, r, day) for r in past if chance.random() < 0.5] if table != "events" else []
    return past + changed + added + news


def _borrowed(chance: random.Random, row: Row, key: str, people: list[str]) -> Row:
    """A row of another shop, under a key of its own, for one of our people."""
    owned = {"customer_id": chance.choice(people)} if row.get("customer_id") else {}
    return {**row, key: f"x{row[key]}", **owned}


def _changed(chance: random.Random, row: Row) -> Row:
    changes = {"amount": Decimal("7.77"), "gross_amount": Decimal("1234.5"), "quantity": Decimal(9), "rating": 1}
    changes |= {"status": "completed", "event_type": "purchase", "category": "complaint"}
    return {**row, **{name: value for name, value in changes.items() if name in row}}


def _news(chance: random.Random, row: Row, day: date) -> Row:
    """A version of an old row that becomes known after the day, and says something else."""
    recorded = datetime(day.year, day.month, day.day) + timedelta(days=1, seconds=chance.randrange(200 * 86400))
    later = {**_changed(chance, row), "recorded_at": recorded}
    moved = {name: recorded for name in TIMES if name in row and row.get("sent_at", row.get("opened_at"))}
    if "ticket_id" in row:
        moved.pop("opened_at", None)
    return {**later, **moved} | ({"customer_id": "zoe"} if "customer_id" in row and chance.random() < 0.3 else {})


def _newcomers(day: date) -> list[Row]:
    created = datetime(day.year, day.month, day.day) + timedelta(days=20)
    return [{"customer_id": f"zoe{n or ''}", "created_at": created, "is_test": n == 3} for n in range(30)]
