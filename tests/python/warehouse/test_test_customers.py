"""A test customer does everything a customer can do, and no figure moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from throwaway import Throwaway

pytestmark = pytest.mark.slow

PUBLIC = ("features", "labels", "predictions", "marts", "quality")
# tables that list what there is: the test customer's rows are there, and flagged or not valid
LISTS = {"marts.dim_customers", "marts.fct_orders", "marts.fct_sessions", "quality.fct_row_conservation"}
STAFF = {"customer_id": "staff"}


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2025, 5, day, hour, minute)


def visit(day: int, device: str, *types: str) -> list[dict[str, Any]]:
    """A visit in which the test customer names themselves."""
    place = {"anonymous_id": device, "loaded_at": datetime(2025, 9, 1), "page_path": "/checked", **STAFF}
    return [
        {"event_id": f"staff-{device}-{day}-{n}", "occurred_at": at(day, 10, n), "event_type": name, **place}
        for n, name in enumerate(types)
    ]


STEPS = ("page_view", "product_view", "add_to_cart", "checkout", "purchase")
DEEDS: dict[str, list[dict[str, Any]]] = {
    "customers": [{**STAFF, "created_at": at(1), "is_test": True, "country": "NO", "acquisition_channel": "email"}],
    "orders": [
        {**STAFF, "order_id": f"staff-{day}", "ordered_at": at(day), "status": "paid", "gross_amount": Decimal(99)}
        for day in (2, 9, 20)
    ],
    "refunds": [{"refund_id": "staff-1", "order_id": "staff-2", "refunded_at": at(12), "amount": Decimal(9)}],
    "events": [
        *visit(2, "staff-pc", *STEPS),
        *visit(20, "staff-pc", *STEPS[:3]),
        *visit(9, "staff-phone", *STEPS[1:3]),
    ],
    "support_tickets": [
        {
            **STAFF,
            "ticket_id": "staff-1",
            "opened_at": at(3),
            "closed_at": at(4),
            "category": "complaint",
            "rating": 1,
        }
    ],
    "reviews": [{**STAFF, "review_id": "staff-1", "product_id": "p1", "rating": 1, "created_at": at(5)}],
    "campaign_messages": [
        {
            **STAFF,
            "message_id": "staff-1",
            "campaign_id": "k1",
            "sent_at": at(6),
            "delivered_at": at(6),
            "opened_at": at(7),
        }
        | {"clicked_at": at(7), "unsubscribed_at": at(8)}
    ],
    "subscriptions": [
        {**STAFF, "subscription_id": "staff-1", "plan": "plus", "started_at": at(1), "ended_at": at(11)}
    ],
}


def test_what_a_test_customer_does_moves_no_figure(
    june_shop: Throwaway, rows_of: Callable[..., dict[str, list[Any]]], tmp_path: Path
) -> None:
    house = june_shop.copy(tmp_path)
    for table, rows in DEEDS.items():
        house.insert(table, rows)
    house.dbt("run", variables={"today": "2025-06-30"})
    before, after = rows_of(june_shop, *PUBLIC), rows_of(house, *PUBLIC)
    assert len(before["marts.fct_event_transitions"]) > 20
    assert {table for table in before if after[table] != before[table]} == LISTS
    assert house.rows(
        "select distinct customer_id from marts.fct_sessions where is_test and visitor_id ~ 'staff'"
    ) == [("staff",)]
    assert house.value("select count(*) from marts.fct_orders where customer_id = 'staff' and is_valid") == 0
