"""Profiles, outcomes and moves of segments, counted again from the raw rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from clm_ml.segment.score import rule_query
from slow_snapshots import SlowShop
from throwaway import Throwaway, raw_contract

pytestmark = pytest.mark.slow

NAMES = ("no order in a year", "one order", "two orders", "more orders")
Members = dict[int, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def slow(built_shop: Throwaway) -> SlowShop:
    tables = {
        table: built_shop.records(
            f"select {', '.join(columns)} from staging.base_{table} where row_status <> 'quarantined'"
        )
        for table, columns in raw_contract().items()
    }
    return SlowShop(tables, built_shop.value("select watermark_date from intermediate.int_watermark"))


@pytest.fixture(scope="module")
def days(built_shop: Throwaway, slow: SlowShop) -> tuple[date, date, date]:
    """A matured as-of date, the next one, and the newest."""
    every = [d for (d,) in built_shop.rows("select distinct as_of_date from predictions.pred_segment order by 1")]
    matured = [d for d in every if d + timedelta(days=slow.horizon()) <= slow.today]
    return matured[-1], every[len(matured)], every[-1]


def members(slow: SlowShop, day: date) -> Members:
    """The features of everyone who had bought, by segment of the fixture: purchase days up to three."""
    found: Members = defaultdict(dict)
    for customer, feature in slow.features(day).items():
        if feature["recency_days"] is not None:
            found[min(feature["frequency_count"], 3)][customer] = feature
    return found


def came_after(slow: SlowShop, day: date) -> dict[str, Decimal]:
    """Net revenue of the horizon after a day, by customer."""
    end, worth = day + timedelta(days=slow.horizon()), defaultdict(Decimal)
    for order in slow.standing:
        if order["is_sale"] and day < order["ordered_date"] <= end:
            worth[order["customer_id"]] += order["gross"] - order["discount"]
        if order["is_counted"]:
            worth[order["customer_id"]] -= sum(a for d, a in order["refunds"] if day < d <= end)
    return worth


def test_a_profile_is_what_the_raw_rows_say(built_shop: Throwaway, slow: SlowShop, days: tuple[date, ...]) -> None:
    for day in (days[0], days[-1]):
        here = members(slow, day)
        everyone = sum(map(len, here.values()))
        revenue = sum(f["monetary_amount"] for people in here.values() for f in people.values())
        expected = {}
        for segment, people in here.items():
            features = list(people.values())
            money = sum(f["monetary_amount"] for f in features)
            orders = sum(f["order_count_365d"] for f in features)
            unusual = sum(f["recency_days"] % 7 == 0 for f in features if segment)
            expected[segment] = (
                NAMES[segment], True, len(features), pytest.approx(len(features) / everyone), unusual, money,
                pytest.approx(float(money / revenue)), pytest.approx(money / len(features), abs=Decimal("0.0001")),
                pytest.approx(money / orders, abs=Decimal("0.0001")) if orders else None,
                *(
                    pytest.approx(float(median(f[name] for f in features)))
                    for name in ("recency_days", "frequency_count", "active_days_90d", "tenure_days")
                ),
            )  # fmt: skip
        rows = built_shop.rows(
            "select segment_id, segment_name, is_champion, customer_count, customer_share, unusual_count, "
            "net_revenue_365d_amount, net_revenue_share, net_revenue_per_customer_amount, average_order_amount, "
            "recency_days_median, frequency_median, active_days_90d_median, tenure_days_median "
            f"from marts.fct_segment_profile where as_of_date = date '{day}'"
        )
        assert {row[0]: row[1:] for row in rows} == expected
        assert len(expected) == 4


def test_outcomes_are_what_the_raw_rows_say_and_null_before(
    built_shop: Throwaway, slow: SlowShop, days: tuple[date, ...]
) -> None:
    day, *later = days
    worth, expected = came_after(slow, day), {}
    for segment, people in members(slow, day).items():
        labels = slow.labels(day, slow.horizon(), 365, people)
        churned = [label["is_churned"] for label in labels.values() if label["is_churned"] is not None]
        future = sum((worth[customer] for customer in people), Decimal(0))
        rate = pytest.approx(sum(churned) / len(churned)) if churned else None
        expected[segment] = (True, len(churned), sum(churned), rate, future)
    query = "select segment_id, is_matured, eligible_count, churned_count, churn_rate, future_net_revenue_amount "
    query += "from quality.fct_segment_outcomes where as_of_date = date "
    assert {row[0]: row[1:] for row in built_shop.rows(f"{query}'{day}'")} == expected
    assert any(values[2] for values in expected.values())
    for one in later:
        assert {row[1:] for row in built_shop.rows(f"{query}'{one}'")} == {(False, None, None, None, None)}
    shown = built_shop.rows(
        "select segment_id, churned_count, churn_rate from marts.fct_segment_profile "
        f"where as_of_date = date '{day}' order by 1"
    )
    assert shown == [(s, expected[s][2], expected[s][3]) for s in sorted(expected)]


def test_moves_are_what_the_raw_rows_say(built_shop: Throwaway, slow: SlowShop, days: tuple[date, ...]) -> None:
    first, second = ({c: s for s, people in members(slow, day).items() for c in people} for day in days[:2])
    ways = Counter(
        (
            NAMES[first[c]] if c in first else "(arrived)",
            NAMES[second[c]] if c in second else "(gone)",
        )
        for c in first.keys() | second.keys()
    )
    leaving = Counter(way[0] for way in ways.elements())
    rows = built_shop.rows(
        "select from_segment_name, to_segment_name, customer_count, from_count, move_share, to_as_of_date "
        f"from marts.fct_segment_moves where from_as_of_date = date '{days[0]}'"
    )
    assert {(a, b): (n, whole, share, day) for a, b, n, whole, share, day in rows} == {
        (a, b): (n, leaving[a], pytest.approx(n / leaving[a]), days[1]) for (a, b), n in ways.items()
    }
    assert len(ways) > 4


def test_a_customer_shows_the_newest_segment(built_shop: Throwaway, slow: SlowShop, days: tuple[date, ...]) -> None:
    expected = {c: (s, NAMES[s], days[-1]) for s, people in members(slow, days[-1]).items() for c in people}
    shown = built_shop.rows(
        "select customer_id, segment_id, segment_name, segmented_as_of_date from marts.dim_customers "
        "where segment_id is not null"
    )
    assert {row[0]: row[1:] for row in shown} == expected


def test_the_rule_names_everyone_as_the_rfm_mart_does(built_shop: Throwaway, days: tuple[date, ...]) -> None:
    for day in days:
        ours = built_shop.rows(
            f"select customer_id, segment_name from ({rule_query('v', day, datetime(2025, 1, 1))})"
        )
        theirs = built_shop.rows(
            f"select customer_id, rfm_segment from marts.fct_customer_rfm where as_of_date = date '{day}'"
        )
        assert sorted(ours) == sorted(theirs)
        assert ours
