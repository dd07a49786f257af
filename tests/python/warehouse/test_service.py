"""Service, complaints and what follows a bad experience, in the demo, equal a recount of its accepted raw rows."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from slow_snapshots import SlowShop
from throwaway import Throwaway

pytestmark = pytest.mark.slow

TODAY = date(2025, 6, 29)
LAST_FULL_MONTH = date(2025, 5, 1)


def month(moment: datetime | date) -> date:
    return date(moment.year, moment.month, 1)


def quantile(ordered: list[float], share: float) -> float:
    """Between the two nearest, in proportion."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def newest_of(shop: SlowShop, held: dict[Any, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [versions[-1] for versions in held.values() if versions[-1]["customer_id"] not in shop.test_customers]


def test_service_quality_equals_the_recount(demo: Throwaway, slow_demo: SlowShop) -> None:
    tickets = newest_of(slow_demo, slow_demo.tickets)
    rows = demo.records("select * from marts.fct_service_quality")
    assert {r["category"] for r in rows} == {"all", "complaint", "question"}
    for row in rows:
        of = [t for t in tickets if row["category"] in ("all", t["category"])]
        if row["service_month"] > LAST_FULL_MONTH:
            assert (row["is_matured"], row["opened_count"], row["csat_rate"]) == (False, None, None)
            continue
        closed = [t for t in of if t["closed_at"] and month(t["closed_at"]) == row["service_month"]]
        rated = [t["rating"] for t in closed if t["rating"] is not None]
        still_open = [
            t
            for t in of
            if month(t["opened_at"]) <= row["service_month"]
            and not (t["closed_at"] and month(t["closed_at"]) <= row["service_month"])
        ]
        assert row["opened_count"] == sum(month(t["opened_at"]) == row["service_month"] for t in of)
        assert (row["closed_count"], row["rated_count"]) == (len(closed), len(rated))
        assert row["satisfied_count"] == sum(r >= 4 for r in rated)
        assert row["unresolved_count"] == len(still_open)
        assert row["csat_rate"] == (pytest.approx(row["satisfied_count"] / len(rated)) if rated else None)
        answered = [t for t in of if t["first_response_at"] and month(t["first_response_at"]) == row["service_month"]]
        assert row["answered_count"] == len(answered)
        if answered:
            waits = sorted((t["first_response_at"] - t["opened_at"]).total_seconds() / 3600 for t in answered)
            assert row["first_response_hours_median"] == pytest.approx(statistics.median(waits))
            assert row["first_response_hours_p90"] == pytest.approx(quantile(waits, 0.9))
        if closed:
            hours = [(t["closed_at"] - t["opened_at"]).total_seconds() / 3600 for t in closed]
            assert row["resolution_hours_median"] == pytest.approx(statistics.median(hours))


def bad_days(shop: SlowShop) -> dict[str, dict[str, set[date]]]:
    """By experience and customer: the days on which it went badly."""
    found: dict[str, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
    for ticket in newest_of(shop, shop.tickets):
        poor = ticket["rating"] is not None and ticket["rating"] <= 2
        moment = ticket["opened_at"] if ticket["category"] == "complaint" else ticket["closed_at"] if poor else None
        if moment:
            found["complaint"][ticket["customer_id"]].add(moment.date())
    for review in newest_of(shop, shop.reviews):
        if review["rating"] is not None and review["rating"] <= 2:
            found["low review"][review["customer_id"]].add(review["created_at"].date())
    for order in shop.orders_at(TODAY):
        if order["is_counted"]:
            for day, amount in order["refunds"]:
                if amount > 0:
                    found["refund"][order["customer_id"]].add(day)
    return found


def bought_days(shop: SlowShop) -> dict[str, list[date]]:
    days: dict[str, set[date]] = defaultdict(set)
    for order in shop.standing:
        if order["is_valid"] and order["ordered_date"] <= TODAY:
            days[order["customer_id"]].add(order["ordered_date"])
    return {customer: sorted(held) for customer, held in days.items()}


def test_complaints_and_reviews_equal_the_recount(demo: Throwaway, slow_demo: SlowShop) -> None:
    served: dict[date, set[str]] = defaultdict(set)
    for customer, days in bought_days(slow_demo).items():
        for day in days:
            served[month(day)].add(customer)
    for ticket in newest_of(slow_demo, slow_demo.tickets):
        served[month(ticket["opened_at"])].add(ticket["customer_id"])
    complaining: dict[date, set[str]] = defaultdict(set)
    for customer, days in bad_days(slow_demo)["complaint"].items():
        for day in days:
            complaining[month(day)].add(customer)
            served[month(day)].add(customer)
    for row in demo.records("select * from marts.fct_voice_of_customer"):
        if row["voice_month"] > LAST_FULL_MONTH:
            assert (row["is_matured"], row["served_count"], row["complaint_rate"]) == (False, None, None)
            continue
        expected = (len(served[row["voice_month"]]), len(complaining[row["voice_month"]]))
        assert (row["served_count"], row["complaining_count"]) == expected
        ratings = [
            review["rating"]
            for review in newest_of(slow_demo, slow_demo.reviews)
            if month(review["created_at"]) == row["voice_month"] and review["rating"] is not None
        ]
        assert (row["review_count"], row["low_review_count"]) == (len(ratings), sum(r <= 2 for r in ratings))


def test_what_follows_a_bad_experience_equals_the_recount(demo: Throwaway, slow_demo: SlowShop) -> None:
    bought, bad = bought_days(slow_demo), bad_days(slow_demo)
    dates = {r["as_of_date"] for r in demo.records("select distinct as_of_date from marts.fct_customer_rfm")}
    m_scores = {
        (r["customer_id"], r["as_of_date"]): r["m_score"]
        for r in demo.records("select customer_id, as_of_date, m_score from marts.fct_customer_rfm")
    }
    cells: dict[Any, list[tuple[set[str], int]]] = defaultdict(list)
    for day in (d for d in dates if d + timedelta(days=120) <= TODAY):
        end, last = day + timedelta(days=30), day + timedelta(days=120)
        for customer, feature in slow_demo.features(day).items():
            recency = feature["recency_days"]
            if recency is None or recency >= 365:
                continue
            met = {kind for kind, days in bad.items() if any(day < d <= end for d in days.get(customer, ()))}
            m_score, tenure = m_scores[customer, day], feature["tenure_days"]
            stratum = (
                day,
                sum(recency >= edge for edge in (30, 90)),
                sum(feature["purchase_day_count"] >= edge for edge in (2, 4)),
                sum(m_score >= edge for edge in (3, 4)),
                tenure >= 180,
                any(day < d <= end for d in bought[customer]),
            )
            cells[stratum].append((met, int(not any(end < d <= last for d in bought[customer]))))
    for row in demo.records("select * from marts.fct_bad_experience_effect"):
        exposed = matched = churned = 0
        expected = 0.0
        for people in cells.values():
            hit = [y for met, y in people if row["experience"] in met]
            spared = [y for met, y in people if not met]
            exposed += len(hit)
            if spared:
                matched, churned = matched + len(hit), churned + sum(hit)
                expected += len(hit) * sum(spared) / len(spared)
        assert (row["exposed_count"], row["matched_count"], row["churned_count"]) == (exposed, matched, churned)
        assert row["matched_churn_rate"] == pytest.approx(expected / matched, abs=1e-6)
        assert row["churn_rate_difference"] == pytest.approx((churned - expected) / matched, abs=1e-6)
        assert matched > 10
