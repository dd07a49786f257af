"""Other industries through the same raw tables: the list of activity types says what counts as active, and as what.

One warehouse, four firms: a carrier (contracts and calls), a broker (trades), a school (lessons), a travel agent
(bookings). Days are counted from Monday 6 January 2025; today is 30 June.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from throwaway import Throwaway

pytestmark = pytest.mark.slow

START = datetime(2025, 1, 6, 12)
TODAY = date(2025, 6, 30)
TYPES = {
    "call": ("visit", True),
    "lesson": ("visit", True),
    "reminder": ("visit", False),
    "booking": ("purchase", True),
}


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def events(who: str, kind: str, days: Iterable[int]) -> list[dict[str, Any]]:
    return [
        {
            "event_id": f"{who}-{kind}-{day}",
            "customer_id": who,
            "anonymous_id": f"device of {who}",
            "event_type": kind,
            "occurred_at": at(day),
        }
        for day in days
    ]


def orders(who: str, days: Iterable[int], amount: int) -> list[dict[str, Any]]:
    return [
        {"order_id": f"{who}-{day}", "customer_id": who, "ordered_at": at(day), "gross_amount": Decimal(amount)}
        for day in days
    ]


def contract(who: str, number: int, first: int, last: int | None) -> dict[str, Any]:
    return {
        "subscription_id": f"{who}-{number}",
        "customer_id": who,
        "plan": "flat",
        "started_at": at(first),
        "ended_at": None if last is None else at(last),
        "monthly_amount": Decimal(20),
    }


@pytest.fixture(scope="module")
def firms(new_warehouse: Callable[[str], Throwaway]) -> Throwaway:
    house = new_warehouse("firms")
    for kind, (stage, is_active) in TYPES.items():
        house.sql(
            f"insert into reference.activity_types values ('{kind}', '{stage}', {is_active}, 'of another field')"
        )
    house.fill(
        {
            "subscriptions": [
                contract("carl", 1, 0, None),  # stays
                contract("cleo", 1, 0, 100),  # leaves in April
                contract("cora", 1, 0, 100),  # changes plan after ten days
                contract("cora", 2, 110, None),
            ],
            "events": [
                *events("carl", "call", range(0, 176, 2)),
                *events("cora", "call", [*range(0, 110, 2), 120, 170]),  # calls less
                *events("stu", "lesson", [0, 1, 7, 30, 100]),
                *events("stu", "reminder", [2, 3, 14]),
                *events("sue", "lesson", [0]),
                *events("sue", "reminder", [1, 7, 30]),
                *events("tom", "booking", [20]),
            ],
            "orders": [
                *orders("bob", [0, 10, 20, 30, 170], 100),  # trades, pauses, trades again
                *orders("bea", [0, 5, 10], 1000),  # trades, then stops
                *orders("tom", [20], 800),
            ],
        }
    )
    house.dbt("run", variables={"today": str(TODAY), "churn_horizon_days": 60, "nday_basis": "activity"})
    return house


def test_a_carrier_loses_who_ends_the_contract_and_not_who_changes_the_plan(firms: Throwaway) -> None:
    found = firms.rows(
        "select cast(period_start_date as varchar), active_start_count, churned_count from marts.fct_churn_rate "
        "where churn_basis = 'contract' and period_type = 'month' and "
        "period_start_date between '2025-03-01' and '2025-05-01' order by 1"
    )
    assert found == [("2025-03-01", 3, 0), ("2025-04-01", 3, 1), ("2025-05-01", 2, 0)]


def test_a_carrier_sees_usage_drop_before_the_end(firms: Throwaway) -> None:
    trend = dict(
        firms.rows(
            "select customer_id, activity_trend_ratio from features.feat_customer__engagement "
            f"where as_of_date = '{TODAY}' and customer_id in ('carl', 'cora')"
        )
    )
    assert trend["carl"] == pytest.approx(1, abs=0.1)  # as often in the last 30 days as in the last 90
    assert trend["cora"] < 0.6


def test_a_school_counts_lessons_and_not_reminders(firms: Throwaway) -> None:
    found = firms.rows(
        "select n, kind, retained_count from marts.fct_nday_retention "
        f"where cohort_date = '{START.date()}' and n in (1, 3, 7, 30)"
    )
    pupils = {(n, kind): count for n, kind, count in found}
    # day 1: stu. carl calls on even days, cora too; bob and bea trade on days of their own
    assert pupils[1, "bounded"] == 1
    assert pupils[3, "bounded"] == 0
    assert pupils[7, "bounded"] == 1
    assert pupils[1, "unbounded"] == 5  # all but sue, whose lessons ended on day 0
    assert firms.value("select active_days_90d from features.feat_customer__engagement "
                       "where customer_id = 'sue' and as_of_date = '2025-01-31'") == 1  # fmt: skip


def test_a_broker_sees_who_has_stopped_trading_and_who_is_back(firms: Throwaway) -> None:
    states = dict(
        firms.rows("select customer_id, lifecycle_state from marts.dim_customers where customer_id in ('bob', 'bea')")
    )
    assert states == {"bob": "reactivated", "bea": "lapsed"}
    churned = (
        "select churned_count from marts.fct_churn_rate where churn_basis = 'activity' and period_type = 'month' "
    )
    assert firms.value(churned + "and period_start_date = '2025-03-01'") == 2  # bea and tom, 60 days after
    assert firms.value(churned + "and period_start_date = '2025-04-01'") == 1  # bob


def test_a_travel_agent_s_booking_converts_the_visit_it_is_made_in(firms: Throwaway) -> None:
    visits = firms.rows("select purchase_count, is_converted from marts.fct_sessions where customer_id = 'tom'")
    assert visits == [(1, True)]
    revenue = "select net_revenue_amount from marts.fct_customer_value where customer_id = 'tom'"
    assert firms.value(revenue) == Decimal(800)
