"""Rows that real systems send and that most pipelines get wrong, chosen by hand, each with the reason it is there.

They are appended to the demo's simulated rows. Their people are C900001 and on, their orders 9000001 and on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """Some rows of one raw table, and what they are there for. Columns a row does not name are NULL."""

    table: str
    why: str
    rows: tuple[dict[str, str], ...]


def hard_cases() -> list[Case]:
    """All hard cases, in the order in which they are appended."""
    return [*_customers(), *_orders(), *_items(), *_refunds(), *_events(), *_messages(), *_tickets(), *_reviews()]


def _person(customer_id: str, name: str, is_test: str = "false") -> dict[str, str]:
    return {
        "customer_id": customer_id,
        "created_at": "2024-11-04T10:00:00",
        "email": f"{name.lower()}.hard@example.com",
        "full_name": f"{name} Hard",
        "country": "DE",
        "city": "Berlin",
        "acquisition_channel": "organic",
        "email_consent": "true",
        "sms_consent": "false",
        "is_test": is_test,
        "updated_at": "2024-11-04T10:00:00",
    }


def _order(order_id: str, customer_id: str, ordered_at: str, gross: str = "40.00", **other: str) -> dict[str, str]:
    usual = {"status": "completed", "channel": "web", "currency": "EUR", "discount_amount": "0.00"}
    amounts = {"gross_amount": gross, "shipping_amount": "4.90", "tax_amount": "6.39"}
    return {"order_id": order_id, "customer_id": customer_id, "ordered_at": ordered_at, **usual, **amounts, **other}


def _event(number: int, at: str, anonymous_id: str = "", **other: str) -> dict[str, str]:
    usual = {"event_type": "page_view", "page_path": "/", "device": "desktop"}
    return {"event_id": f"E9{number:07d}", "occurred_at": at, "anonymous_id": anonymous_id, **usual, **other}


def _customers() -> list[Case]:
    people = ("Ben", "Cora", "Dan", "Eva", "Gina", "Hugo")
    known = tuple(_person(f"C90000{i}", name) for i, name in enumerate(people, 2))
    return [
        Case("customers", "Ada has an account and no order: a lead.", (_person("C900001", "Ada"),)),
        Case("customers", "the people of the cases below", known),
        Case("customers", "Test is no customer but the shop's own check.", (_person("C900009", "Test", "true"),)),
        Case(
            "customers",
            "a row without its id: quarantined",
            ({"created_at": "2024-12-01T08:00:00", "country": "DE", "is_test": "false"},),
        ),
    ]


def _orders() -> list[Case]:
    ben = "C900002"
    again = _order("9000008", ben, "2025-02-03T15:00:00", "22.00")
    first = _order(
        "9000006", ben, "2025-01-07T09:00:00", "35.00", status="processing", recorded_at="2025-01-07T09:00:00"
    )
    return [
        Case("orders", "a date that is none: quarantined", (_order("9000001", ben, "2025-13-45T99:00:00"),)),
        Case("orders", "a negative value: quarantined", (_order("9000002", ben, "2025-01-05T12:00:00", "-40.00"),)),
        Case(
            "orders",
            "a customer the customers table lacks: kept, and valid, because somebody is named",
            (_order("9000003", "C999999", "2025-01-05T13:00:00"),),
        ),
        Case("orders", "no order id: quarantined", (_order("", ben, "2025-01-05T14:00:00"),)),
        Case(
            "orders",
            "blanks around the ids: Ben's, once trimmed",
            (_order("  9000005 ", f" {ben} ", "2025-01-06T12:00:00"),),
        ),
        Case(
            "orders",
            "sent again later with another status: cancelled from 2025-01-09 on, and counted once",
            (first, {**first, "status": "cancelled", "recorded_at": "2025-01-09T09:00:00"}),
        ),
        Case("orders", "the same row twice: one order", (again, again)),
        Case(
            "orders",
            "a currency without a rate: quarantined",
            (_order("9000009", ben, "2025-02-10T10:00:00", currency="XXX"),),
        ),
        Case(
            "orders",
            "a test customer's order: never valid",
            (_order("9000010", "C900009", "2025-02-11T10:00:00", "1.00"),),
        ),
        Case(
            "orders",
            "the last second of a month and the first of the next: two days, two months",
            (
                _order("9000011", "C900006", "2025-05-31T23:59:59"),
                _order("9000012", "C900006", "2025-06-01T00:00:00"),
            ),
        ),
        Case(
            "orders",
            "Hugo's orders, refunded below: one in full, one in part",
            (
                _order("9000013", "C900007", "2025-03-03T11:00:00", "60.00"),
                _order("9000014", "C900007", "2025-04-03T11:00:00", "80.00", discount_amount="8.00"),
            ),
        ),
    ]


def _items() -> list[Case]:
    line = {"order_id": "9000013", "line_number": "1", "product_id": "P00001", "quantity": "2", "unit_price": "30.00"}
    return [
        Case("order_items", "the line of the order that is refunded in full", ({**line, "discount_amount": "0.00"},)),
        Case(
            "order_items",
            "a product nobody knows, in a line of an order that exists: kept",
            (
                {
                    **line,
                    "order_id": "9000014",
                    "product_id": "P99999",
                    "unit_price": "40.00",
                    "discount_amount": "8.00",
                },
            ),
        ),
    ]


def _refunds() -> list[Case]:
    def refund(refund_id: str, order_id: str, at: str, amount: str) -> tuple[dict[str, str]]:
        return ({"refund_id": refund_id, "order_id": order_id, "refunded_at": at, "amount": amount},)

    return [
        Case(
            "refunds",
            "in full: the order stops counting from here on",
            refund("R9000013", "9000013", "2025-03-20T10:00:00", "60.00"),
        ),
        Case(
            "refunds",
            "in part: the order counts on, for less",
            refund("R9000014", "9000014", "2025-04-20T10:00:00", "22.00"),
        ),
        Case(
            "refunds",
            "for an order nobody knows: quarantined",
            refund("R9000099", "9999999", "2025-04-21T10:00:00", "15.00"),
        ),
    ]


def _events() -> list[Case]:
    cora, shared = {"customer_id": "C900003"}, "d4e0d4e0"
    return [
        Case(
            "events",
            "a gap of exactly 30:00 stays inside a session",
            (
                _event(1, "2025-03-01T10:00:00", "c0c0c0c1", **cora),
                _event(2, "2025-03-01T10:30:00", "c0c0c0c1", **cora),
            ),
        ),
        Case(
            "events",
            "a gap of 30:01 begins another session",
            (
                _event(3, "2025-03-02T10:00:00", "c0c0c0c1", **cora),
                _event(4, "2025-03-02T10:30:01", "c0c0c0c1", **cora),
            ),
        ),
        Case(
            "events",
            "three events in one second: ordered by their ids",
            (
                _event(6, "2025-03-03T10:00:00", "c0c0c0c1", event_type="search", page_path="/search"),
                _event(5, "2025-03-03T10:00:00", "c0c0c0c1"),
                _event(7, "2025-03-03T10:00:00", "c0c0c0c1", event_type="login", page_path="/login", **cora),
            ),
        ),
        Case(
            "events",
            "known nine days later only: as of the days between, it had not happened",
            (_event(8, "2025-03-25T10:00:00", "c0c0c0c1", recorded_at="2025-04-03T06:00:00", **cora),),
        ),
        Case(
            "events",
            "one device, two customers: what names nobody is nobody's, but in the session in which Dan logged in",
            (
                _event(9, "2025-03-05T10:00:00", shared),
                _event(
                    10, "2025-03-05T10:01:00", shared, event_type="login", page_path="/login", customer_id="C900004"
                ),
                _event(11, "2025-03-06T10:00:00", shared, customer_id="C900005"),
                _event(12, "2025-03-07T10:00:00", shared),
            ),
        ),
        Case(
            "events",
            "no visitor at all, neither device nor customer: quarantined",
            (_event(13, "2025-03-08T10:00:00"),),
        ),
        Case(
            "events",
            "a date in the year 2099: quarantined, else it would be today",
            (_event(14, "2099-01-01T00:00:00", "f0f0f0f0"),),
        ),
        Case("events", "a robot, more than three days without a gap of 30 minutes: quarantined", _robot()),
    ]


def _robot() -> tuple[dict[str, str], ...]:
    """170 views, 25 to 29 minutes apart: 76 hours."""
    at, rows = dt.datetime(2025, 4, 7, 0, 0, 5), []
    for i in range(170):
        rows.append(_event(100 + i, at.isoformat(), "b07b07b0"))
        at += dt.timedelta(minutes=25 + i % 5)
    return tuple(rows)


def _messages() -> list[Case]:
    message = {"message_id": "M9000001", "campaign_id": "K001", "customer_id": "C900003", "variant": "treatment"}
    times = {"sent_at": "2025-03-10T09:00:00", "opened_at": "2025-03-10T08:00:00", "cost_amount": "0.02"}
    return [Case("campaign_messages", "opened an hour before it was sent: quarantined", ({**message, **times},))]


def _tickets() -> list[Case]:
    ticket = {"ticket_id": "T900001", "customer_id": "C900002", "category": "question", "channel": "email"}
    times = {"opened_at": "2025-04-10T10:00:00", "first_response_at": "2025-04-10T09:00:00"}
    return [Case("support_tickets", "answered an hour before it was opened: quarantined", ({**ticket, **times},))]


def _reviews() -> list[Case]:
    review = {"product_id": "P00001", "created_at": "2025-04-10T10:00:00"}
    return [
        Case(
            "reviews",
            "nine of five stars: quarantined",
            ({**review, "review_id": "V9000001", "customer_id": "C900002", "rating": "9"},),
        ),
        Case("reviews", "nobody's review: quarantined", ({**review, "review_id": "V9000002", "rating": "4"},)),
    ]
