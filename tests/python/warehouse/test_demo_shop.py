"""The demo shop builds as it is, and each of its hand-chosen hard cases lands where it should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from random_shop import random_shop
from scramble import scrambled
from throwaway import Throwaway, raw_contract

pytestmark = pytest.mark.slow

QUARANTINED = {
    ("customers", ""): "customer_id is missing",
    ("orders", "9000001"): "ordered_at is not a timestamp; ordered_at is missing",
    ("orders", "9000002"): "an amount is negative",
    ("orders", ""): "order_id is missing",
    ("orders", "9000009"): "currency has no rate",
    ("refunds", "R9000099"): "the order is unknown",
    ("events", "E90000013"): "the event has no visitor",
    ("events", "E90000014"): "occurred_at is outside the plausible years",
    ("campaign_messages", "M9000001"): "something happened before the message was sent",
    ("support_tickets", "T900001"): "answered before it was opened",
    ("reviews", "V9000001"): "rating is not 1 to 5",
    ("reviews", "V9000002"): "customer_id is missing",
}
ROBOT = "robot: the session is too long or has too many events"


def order(demo: Throwaway, order_id: str) -> dict[str, Any]:
    return demo.records(f"select * from marts.fct_orders where order_id = '{order_id}'")[0]


def sessions(demo: Throwaway, visitor: str) -> list[tuple[Any, ...]]:
    """(first event, events, customer) of a visitor's sessions, in time."""
    return demo.rows(
        "select min_by(events.event_id, (occurred_at, event_id)), count(*), any_value(sessions.customer_id) "
        "from intermediate.int_events as events inner join marts.fct_sessions as sessions "
        "on events.visitor_id = sessions.visitor_id and occurred_at between started_at and ended_at "
        f"where events.visitor_id = '{visitor}' group by session_id, started_at order by started_at"
    )


def test_what_cannot_be_used_is_quarantined_with_its_reason(demo: Throwaway) -> None:
    found = demo.rows(
        f"select table_name, row_key, reason from quality.fct_quarantined_rows where reason <> '{ROBOT}'"
    )
    assert len(found) == len(QUARANTINED)
    assert {(table, key or ""): reason for table, key, reason in found} == QUARANTINED


def test_the_row_itself_is_kept(demo: Throwaway) -> None:
    row = demo.value("select source_row from quality.fct_quarantined_rows where row_key = '9000001'")
    assert '"ordered_at":"2025-13-45T99:00:00"' in row


def test_the_robot_is_quarantined_event_by_event(demo: Throwaway) -> None:
    assert demo.value(f"select count(*) from quality.fct_quarantined_rows where reason = '{ROBOT}'") == 170
    assert sessions(demo, "b07b07b0") == []


def test_a_lead_has_no_order(demo: Throwaway) -> None:
    ada = "select lifecycle_state, order_count, recency_days from marts.dim_customers where customer_id = 'C900001'"
    assert demo.rows(ada) == [("lead", 0, None)]


def test_blanks_around_ids_are_trimmed(demo: Throwaway) -> None:
    assert order(demo, "9000005")["customer_id"] == "C900002"


def test_an_order_sent_again_counts_once_as_its_newest_version_says(demo: Throwaway) -> None:
    cancelled = order(demo, "9000006")
    assert (cancelled["status"], cancelled["is_valid"], cancelled["net_revenue_amount"]) == ("cancelled", False, 0)
    states = (
        "select seen_date, superseded_date, is_valid from intermediate.int_orders__valued "
        "where order_id = '9000006' order by seen_date"
    )
    assert demo.rows(states) == [
        (date(2025, 1, 7), date(2025, 1, 9), True),
        (date(2025, 1, 9), None, False),
    ]


def test_the_same_row_twice_is_one_order(demo: Throwaway) -> None:
    assert demo.value("select count(*) from marts.fct_orders where order_id = '9000008'") == 1
    duplicates = "select duplicate_count from quality.fct_row_conservation where table_name = 'orders'"
    assert demo.value(duplicates) >= 2


def test_an_order_of_a_customer_who_is_in_no_list_is_kept(demo: Throwaway) -> None:
    assert order(demo, "9000003")["customer_id"] == "C999999"
    assert demo.value("select count(*) from marts.dim_customers where customer_id = 'C999999'") == 1


def test_a_test_customer_has_no_valid_order_and_no_snapshot(demo: Throwaway) -> None:
    assert not order(demo, "9000010")["is_valid"]
    assert demo.value("select count(*) from features.feat_customer__all where customer_id = 'C900009'") == 0


def test_a_month_ends_with_its_last_second(demo: Throwaway) -> None:
    dates = [order(demo, f"90000{n}")["ordered_date"] for n in (11, 12)]
    assert dates == [date(2025, 5, 31), date(2025, 6, 1)]
    gina = (
        "select purchase_day_count from features.feat_customer__all "
        "where customer_id = 'C900006' and as_of_date = '2025-05-31'"
    )
    assert demo.value(gina) == 1


def test_refunds_count_at_their_own_time(demo: Throwaway) -> None:
    full, part = order(demo, "9000013"), order(demo, "9000014")
    assert (full["is_valid"], full["fully_refunded_date"], full["net_revenue_amount"]) == (
        False,
        date(2025, 3, 20),
        0,
    )
    assert (part["is_valid"], part["net_revenue_amount"]) == (True, Decimal("50.0000"))
    hugo = demo.rows(
        "select as_of_date, purchase_day_count, net_revenue_amount from features.feat_customer__all "
        "where customer_id = 'C900007' and as_of_date in ('2025-03-31', '2025-04-03', '2025-04-30') order by 1"
    )
    assert hugo == [(date(2025, 3, 31), 0, 0), (date(2025, 4, 3), 1, 72), (date(2025, 4, 30), 1, 50)]


def test_a_gap_of_exactly_half_an_hour_stays_inside_a_session(demo: Throwaway) -> None:
    assert sessions(demo, "c0c0c0c1") == [
        ("E90000001", 2, "C900003"),
        ("E90000003", 1, "C900003"),
        ("E90000004", 1, "C900003"),
        ("E90000005", 3, "C900003"),
        ("E90000008", 1, "C900003"),
    ]


def test_a_shared_device_s_anonymous_session_is_nobody_s(demo: Throwaway) -> None:
    assert sessions(demo, "d4e0d4e0") == [
        ("E90000009", 2, "C900004"),
        ("E90000011", 1, "C900005"),
        ("E90000012", 1, None),
    ]


def test_an_event_counts_from_the_day_it_was_known(demo: Throwaway) -> None:
    cora = demo.rows(
        "select as_of_date, days_since_last_visit from features.feat_customer__all "
        "where customer_id = 'C900003' and as_of_date in ('2025-04-02', '2025-04-03') order by 1"
    )
    assert cora == [(date(2025, 4, 2), 30), (date(2025, 4, 3), 9)]


def test_every_row_of_the_demo_is_accounted_for(demo: Throwaway) -> None:
    conservation = demo.rows("select * from quality.fct_row_conservation")
    assert len(conservation) == 15
    assert [r for r in conservation if r[1] != r[2] + r[3] + r[4]] == []
    assert demo.value("select count(*) from seeds.raw_events") == next(r[1] for r in conservation if r[0] == "events")


def test_another_future_leaves_the_demo_s_snapshots_as_they_were(
    demo: Throwaway, new_warehouse: Callable[[str], Throwaway]
) -> None:
    day = date(2024, 12, 31)
    tables = {
        table: demo.records(f"select {', '.join(columns)} from staging.base_{table}")
        for table, columns in raw_contract().items()
    }
    other = new_warehouse("demo_with_another_future")
    other.fill(scrambled(tables, random_shop(98), day, seed=6))
    other.dbt("run", "--select", "+feat_customer__all", variables={"today": "2025-06-29"})
    snapshots = "select * from features.feat_customer__all where as_of_date {} order by all"
    past, later = snapshots.format(f"<= '{day}'"), snapshots.format("= '2025-05-31'")
    assert len(demo.rows(past)) > 3000
    assert other.rows(past) == demo.rows(past)
    assert other.rows(later) != demo.rows(later)
