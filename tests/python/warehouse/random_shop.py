"""A random shop in which everything is corrected, late, refunded or shared now and then: raw rows by table."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

Row = dict[str, Any]
START = datetime(2024, 1, 1)
TODAY = date(2025, 6, 30)
LAST_MOMENT = datetime(2025, 7, 25)  # the sources know more than today does
LOADED = datetime(2025, 8, 1)
EVENT_TYPES = ["page_view", "page_view", "search", "product_view", "add_to_cart", "checkout", "purchase", "hover"]


@dataclass
class Shop:
    """Raw rows by table, and the dice."""

    seed: int
    customers: int = 160
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.stamps = (LOADED + timedelta(seconds=n) for n in count())
        self.keys = count(1)

    def key(self, letter: str) -> str:
        return f"{letter}{next(self.keys):05d}"

    def amount(self, most: int) -> Decimal:
        return Decimal(self.chance.randrange(1, 100 * most)) / 100

    def some(self, share: float) -> bool:
        return self.chance.random() < share

    def moment(self, earliest: datetime = START) -> datetime:
        """A second between `earliest` and the last moment, often near a day's end."""
        span = max(int((LAST_MOMENT - earliest).total_seconds()), 1)
        moment = earliest + timedelta(seconds=self.chance.randrange(span))
        return moment.replace(hour=23, minute=59, second=59) if self.some(0.1) else moment

    def record(self, happened: datetime) -> datetime | None:
        """When the source knew it: no word, at once, or days later."""
        late = timedelta(days=self.chance.choice([0, 0, 1, 3, 20, 45]), seconds=self.chance.randrange(86400))
        return self.chance.choice([None, happened + timedelta(seconds=5), happened + late])

    def add(self, table: str, row: Row, happened: datetime, corrections: Callable[[Row], Row], share: float) -> None:
        """The row, and with some luck corrections of it that become known later, out of order in the table."""
        versions = [{**row, "recorded_at": self.record(happened)}]
        while self.some(share):
            known = versions[-1]["recorded_at"] or happened
            later = known + timedelta(days=self.chance.choice([0, 1, 9, 60]), seconds=self.chance.randrange(3600))
            versions.append({**row, **corrections(row), "recorded_at": later})
        self.chance.shuffle(versions)
        held = self.tables.setdefault(table, [])
        held.extend({**version, "loaded_at": next(self.stamps)} for version in versions)


def random_shop(seed: int, customers: int = 160) -> dict[str, list[Row]]:
    """Raw table to rows."""
    shop = Shop(seed, customers)
    people = [f"ada{n:03d}" for n in range(customers)]
    _products(shop)
    for person in people:
        _customer(shop, person)
        for _ in range(shop.chance.choice([0, 1, 2, 5, 9])):
            _order(shop, person, people)
        _contacts(shop, person)
        _clicks(shop, person, people)
    for _ in range(8):
        _order(shop, None, people)
    return shop.tables


def _products(shop: Shop) -> None:
    shop.tables["products"] = [
        {"product_id": f"p{n}", "category": f"k{n % 4}", "unit_cost": Decimal(n) if n % 3 else None}
        for n in range(12)
    ]


def _customer(shop: Shop, person: str) -> None:
    """One in twelve is not in the customers table; one in twenty is a test."""
    if shop.some(1 / 12):
        return
    created = shop.moment() if shop.some(0.9) else None
    row = {"customer_id": person, "created_at": created, "is_test": shop.some(0.05), "country": "NO"}
    shop.add("customers", row, created or START, lambda r: {"country": "SE"}, 0.1)
    if shop.some(0.05):
        shop.tables.setdefault("erasure_requests", []).append({"customer_id": person, "requested_at": shop.moment()})


def _order(shop: Shop, person: str | None, people: list[str]) -> None:
    order_id, ordered = shop.key("o"), shop.moment()
    row = {
        "order_id": order_id,
        "customer_id": person,
        "ordered_at": ordered,
        "status": shop.chance.choice([None, "completed", "Completed", "paid", "refunded", "gift", "cancelled"]),
        "currency": shop.chance.choice([None, "EUR", "usd", "GBP"]),
        "gross_amount": shop.amount(200) if shop.some(0.95) else Decimal("0"),
        "discount_amount": shop.chance.choice([None, Decimal("0"), Decimal("3.5")]),
    }
    if shop.some(0.04):
        row |= {"status": "credit_note", "gross_amount": Decimal("0")}
    shop.add("orders", row, ordered, lambda r: _order_correction(shop, r, people), 0.25)
    for line in range(shop.chance.choice([0, 0, 1, 3])):
        _item(shop, order_id, line + 1, ordered)
    for _ in range(shop.chance.choice([0, 0, 0, 1, 2])):
        _refund(shop, row)


def _order_correction(shop: Shop, row: Row, people: list[str]) -> Row:
    return shop.chance.choice(
        [
            {},
            {"status": "cancelled"},
            {"status": "completed"},
            {"gross_amount": shop.amount(200)},
            {"customer_id": shop.chance.choice([None, *people])},
            {"ordered_at": row["ordered_at"] - timedelta(days=shop.chance.choice([0, 1, 31]))},
            {"gross_amount": Decimal("-5")},  # refused: the version before stays the newest
        ]
    )


def _item(shop: Shop, order_id: str, line: int, ordered: datetime) -> None:
    row = {
        "order_id": order_id,
        "line_number": line,
        "product_id": f"p{shop.chance.randrange(14)}",
        "quantity": Decimal(shop.chance.choice([1, 1, 2, 5])),
        "unit_price": shop.amount(60),
        "discount_amount": shop.chance.choice([None, None, Decimal("0"), Decimal("1.25")]),
    }
    held = len(shop.tables.get("order_items", []))
    shop.add("order_items", row, ordered, lambda r: {"quantity": Decimal(shop.chance.choice([0, 1, 3]))}, 0.2)
    if shop.some(0.3):  # a line that was never said when it was known counts from the beginning
        first = min(shop.tables["order_items"][held:], key=lambda r: r["recorded_at"] or START)
        first["recorded_at"] = None


def _refund(shop: Shop, order: Row) -> None:
    refunded = order["ordered_at"] + timedelta(days=shop.chance.choice([0, 3, 40, 200]), minutes=7)
    full = (order["gross_amount"] or Decimal(0)) - (order["discount_amount"] or Decimal(0))
    amount = max(shop.chance.choice([full, full / 2, Decimal("4.99"), full + 1]), Decimal(0)).quantize(
        Decimal("0.01")
    )
    row = {"refund_id": shop.key("r"), "order_id": order["order_id"], "refunded_at": refunded, "amount": amount}
    shop.add("refunds", row, refunded, lambda r: _refund_correction(shop, r), 0.25)


def _refund_correction(shop: Shop, row: Row) -> Row:
    return shop.chance.choice(
        [
            {"amount": row["amount"] / 2},
            {"amount": Decimal("0")},
            {"amount": row["amount"] * 3},
            {"refunded_at": row["refunded_at"] - timedelta(days=2)},
            {"amount": Decimal("-1")},
        ]
    )


def _contacts(shop: Shop, person: str) -> None:
    for _ in range(shop.chance.choice([0, 2, 6])):
        _message(shop, person)
    for _ in range(shop.chance.choice([0, 0, 1, 3])):
        _ticket(shop, person)
    for _ in range(shop.chance.choice([0, 0, 1, 2])):
        written = shop.moment()
        row = {"review_id": shop.key("w"), "customer_id": person, "rating": shop.chance.randint(1, 5)}
        row |= {"created_at": written, "product_id": "p1"}
        shop.add("reviews", row, written, lambda r: {"rating": shop.chance.choice([1, 5, 9])}, 0.2)
    if shop.some(0.05):
        started = shop.moment()
        row = {"subscription_id": shop.key("s"), "customer_id": person, "started_at": started, "plan": "gold"}
        shop.add("subscriptions", row, started, lambda r: {"plan": "basic"}, 0.2)


def _message(shop: Shop, person: str) -> None:
    sent = shop.moment()
    row = {"message_id": shop.key("m"), "customer_id": person, "sent_at": sent}
    shop.add("campaign_messages", row | _response(shop, sent), sent, lambda r: _response(shop, sent), 0.3)


def _response(shop: Shop, sent: datetime) -> Row:
    opened = sent + timedelta(days=shop.chance.choice([0, 1, 12]), minutes=3) if shop.some(0.6) else None
    clicked = opened + timedelta(minutes=1) if opened and shop.some(0.5) else None
    left = sent + timedelta(days=5) if shop.some(0.05) else None
    return {"opened_at": opened, "clicked_at": clicked, "unsubscribed_at": left}


def _ticket(shop: Shop, person: str) -> None:
    opened = shop.moment()
    row = {"ticket_id": shop.key("t"), "customer_id": person, "opened_at": opened}
    row |= {"category": shop.chance.choice([None, "complaint", "question"])}
    row |= _closing(shop, opened)
    shop.add("support_tickets", row, opened, lambda r: _closing(shop, opened) | {"category": "complaint"}, 0.3)


def _closing(shop: Shop, opened: datetime) -> Row:
    if shop.some(0.3):
        return {"first_response_at": None, "closed_at": None, "rating": None}
    closed = opened + timedelta(days=shop.chance.choice([0, 2, 30]), minutes=9)
    answered = opened + timedelta(minutes=7)
    return {"first_response_at": answered, "closed_at": closed, "rating": shop.chance.choice([None, 1, 2, 3, 5])}


def _clicks(shop: Shop, person: str, people: list[str]) -> None:
    """Visits on one's own device, anonymous until one signs in; one device in six is shared."""
    device = f"d-{person}"
    users = [person, shop.chance.choice(people)] if shop.some(1 / 6) else [person]
    for _ in range(shop.chance.choice([0, 0, 3, 8])):
        moment = shop.moment()
        for _ in range(shop.chance.randint(1, 4)):
            moment += timedelta(minutes=shop.chance.choice([0, 5, 30, 31]))
            named = shop.chance.choice(users) if shop.some(0.25) else None
            row = {"event_id": shop.key("e"), "anonymous_id": device, "customer_id": named, "occurred_at": moment}
            row |= {"event_type": shop.chance.choice(EVENT_TYPES)}
            shop.add("events", row, moment, lambda r: _event_correction(shop, r, users), 0.1)


def _event_correction(shop: Shop, row: Row, users: list[str]) -> Row:
    return shop.chance.choice(
        [
            {"event_type": shop.chance.choice(EVENT_TYPES)},
            {"occurred_at": row["occurred_at"] - timedelta(minutes=50)},
            {"customer_id": shop.chance.choice([None, *users])},
            {"event_type": None},
        ]
    )
