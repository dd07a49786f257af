"""Funnel, engagement, paths, carts and signs of the demo, recomputed from its raw rows, head by head."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
import slow_engagement as slow
import slow_sessions
from histories import histories
from throwaway import Throwaway

pytestmark = pytest.mark.slow

TODAY = date(2025, 6, 29)
READ = ["events", "orders", "order_items", "refunds", "customers", "erasure_requests", "support_tickets"]
READ += ["campaign_messages"]
Row = dict[str, Any]


@pytest.fixture(scope="module")
def tables(demo: Throwaway) -> dict[str, list[Row]]:
    """The raw rows as they came, typed."""
    return {t: slow.typed(pd.DataFrame(demo.records(f"select * from seeds.raw_{t}"))) for t in READ}


@pytest.fixture(scope="module")
def shop(tables: dict[str, list[Row]]) -> slow.Shop:
    return slow.shop(tables, TODAY)


@pytest.fixture(scope="module")
def visits(shop: slow.Shop) -> slow.Shop:
    """The same without the visits of test customers, of whom the demo has some."""
    real = slow.by_people(shop)
    assert len(real.sessions) < len(shop.sessions)
    return real


def test_the_funnel_step_by_step(demo: Throwaway, visits: slow.Shop) -> None:
    found = {
        (r["funnel_basis"], r["period_type"], r["period_start_date"], r["step_number"]): (
            r["entered_count"],
            r["dropped_count"],
            r["any_order_count"],
        )
        for r in demo.records("select * from marts.fct_funnel where is_matured")
    }
    assert len(found) > 700
    assert found == slow.funnel(visits, timedelta(days=7))


def test_what_the_sessions_ends_miss_of_a_funnel_is_little_and_never_too_much(
    demo: Throwaway, visits: slow.Shop
) -> None:
    found = {
        s: (a, b)
        for s, a, b in demo.rows(
            "select session_id, session_step, visitor_step from intermediate.int_funnel_attempts"
        )
    }
    exact = slow.reaches(visits, timedelta(days=7))
    assert sorted(found) == sorted(exact)
    assert [s for s in found if found[s][0] > exact[s][0] or found[s][1] > exact[s][1]] == []
    assert sum(found[s] != exact[s] for s in found) == 0


def test_active_customers_day_by_day(demo: Throwaway, shop: slow.Shop) -> None:
    found = {d: (a, b, c, e) for d, a, b, c, e in demo.rows("select * from marts.fct_engagement_daily")}
    expected = slow.engagement(shop)
    assert {d: f[:3] for d, f in found.items()} == {d: f[:3] for d, f in expected.items()}
    assert all(
        f[3] is None if expected[d][3] is None else math.isclose(f[3], expected[d][3]) for d, f in found.items()
    )


def test_the_distribution_of_active_days(demo: Throwaway, shop: slow.Shop) -> None:
    found: dict[date, Counter[int]] = defaultdict(Counter)
    for month, days, count in demo.rows(
        "select activity_month, active_day_count, customer_count "
        "from marts.fct_engagement_distribution where is_matured"
    ):
        found[month] += Counter({days: count})
    assert len(found) == 17
    assert found == {month: slow.distribution(shop, month) for month in found}


def test_what_follows_what(demo: Throwaway, visits: slow.Shop) -> None:
    types, pages = slow.transitions(visits, days=90)
    query = "select from_{0}, to_{0}, transition_count from marts.fct_{1}_transitions"
    assert {(a, b): n for a, b, n in demo.rows(query.format("event_type", "event"))} == types
    assert {(a, b): n for a, b, n in demo.rows(query.format("page", "page"))} == slow.grouped(pages, most=20)


def test_carts_that_wait(demo: Throwaway, visits: slow.Shop, tables: dict[str, list[Row]]) -> None:
    found = {
        s: (c, at)
        for s, c, at in demo.rows("select session_id, customer_id, carted_at from marts.fct_abandoned_carts")
    }
    assert len(found) > 5
    assert found == slow.waiting_carts(visits, tables, days=30)


def signs(demo: Throwaway, name: str) -> dict[str, date]:
    query = f"select customer_id, {name}_since_date from marts.fct_early_signs where {name}_since_date is not null"
    found = dict(demo.rows(query))
    assert len(found) > 5
    return found


def real_people(shop: slow.Shop, found: dict[str, date | None]) -> dict[str, date]:
    return {c: day for c, day in found.items() if day and c not in shop.tests}


def test_visits_that_fell(demo: Throwaway, shop: slow.Shop) -> None:
    expected = {c: slow.fall_since(spans, TODAY) for c, spans in slow.visit_spans(shop).items()}
    assert signs(demo, "browsing_fall") == real_people(shop, expected)


def test_tickets_of_the_last_90_days(demo: Throwaway, shop: slow.Shop, tables: dict[str, list[Row]]) -> None:
    days: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for ticket in tables["support_tickets"]:
        if (ticket["first_response_at"] or ticket["opened_at"]) < ticket["opened_at"]:
            continue  # quarantined
        opened = ticket["opened_at"].date()
        days[ticket["customer_id"]].append(
            (opened, max(opened, (ticket["recorded_at"] or ticket["opened_at"]).date()))
        )
    assert signs(demo, "ticket") == real_people(shop, {c: slow.ticket_since(held, TODAY) for c, held in days.items()})


def test_gaps_longer_than_usual(demo: Throwaway, shop: slow.Shop) -> None:
    purchases: dict[str, set[date]] = defaultdict(set)
    for order in shop.orders:
        if order["ordered_at"].date() <= TODAY:
            purchases[order["customer_id"]].add(order["ordered_at"].date())
    assert signs(demo, "long_gap") == real_people(shop, {c: slow.gap_since(d, TODAY) for c, d in purchases.items()})


def test_who_unsubscribed(demo: Throwaway, shop: slow.Shop, tables: dict[str, list[Row]]) -> None:
    days: dict[str, date | None] = {}
    for message in tables["campaign_messages"]:
        at = message["unsubscribed_at"]
        if at and at >= message["sent_at"] and max(at, message["recorded_at"] or at).date() <= TODAY:
            known = max(at.date(), (message["recorded_at"] or message["sent_at"]).date())
            days[message["customer_id"]] = min(known, days.get(message["customer_id"]) or known)
    assert signs(demo, "unsubscribed") == real_people(shop, days)


def test_the_lift_of_every_sign_against_everyone(demo: Throwaway) -> None:
    rows = pd.DataFrame(
        demo.records("""
            select signs.*, is_churned from features.feat_customer__signs as signs
            inner join labels.label_churn using (customer_id, as_of_date) where is_churned is not null
        """)
    )
    lifts = {
        r["sign_name"]: r
        for r in demo.records("select * from quality.fct_early_sign_lift where comparison = 'everyone'")
    }
    assert len(lifts) == 6
    for name, lift in lifts.items():
        has = rows[f"{name}_since_date"].notna()
        p1, p0 = rows.loc[has, "is_churned"].mean(), rows.loc[~has, "is_churned"].mean()
        assert (lift["with_count"], lift["without_count"]) == (has.sum(), (~has).sum())
        assert math.isclose(lift["with_churn_rate"], p1)
        assert math.isclose(lift["without_churn_rate"], p0, rel_tol=1e-9)
        assert math.isclose(lift["lift_ratio"], p1 / p0, rel_tol=1e-9)
        residual = (rows["is_churned"] - p1) * has / (p1 * has.sum()) - (rows["is_churned"] - p0) * ~has / (
            p0 * (~has).sum()
        )
        error = math.sqrt((residual.groupby(rows["customer_id"]).sum() ** 2).sum())
        assert math.isclose(lift["lift_ratio_high"], p1 / p0 * math.exp(1.959963984540054 * error), rel_tol=1e-6)


def test_the_lift_against_those_alike(demo: Throwaway) -> None:
    rows = pd.DataFrame(
        demo.records("""
            select signs.*, is_churned, recency_days, frequency_count from features.feat_customer__signs as signs
            inner join labels.label_churn using (customer_id, as_of_date)
            inner join features.feat_customer__rfm using (customer_id, as_of_date) where is_churned is not null
        """)
    )
    recency = pd.cut(rows["recency_days"], [-1, 30, 60, 90, 180, 9999])
    frequency = pd.cut(rows["frequency_count"], [0, 1, 2, 4, 9999])
    for lift in demo.records("select * from quality.fct_early_sign_lift where comparison = 'alike'"):
        has = rows[f"{lift['sign_name']}_since_date"].notna()
        groups = rows["is_churned"].groupby([recency, frequency, has], observed=True).agg(["count", "sum"]).unstack()
        both = groups.dropna()
        n1, a1 = both["count", True], both["sum", True]
        expected = (n1 * both["sum", False] / both["count", False]).sum()
        assert (lift["with_count"], lift["with_churned_count"]) == (n1.sum(), a1.sum())
        assert math.isclose(lift["lift_ratio"], a1.sum() / expected, rel_tol=1e-9)


def test_the_funnel_of_random_histories_is_never_too_far_and_seldom_too_short() -> None:
    """What the first and last moments of a stage say, against every event; the histories mix the stages at random."""
    rows = [row for batch in histories(visitors=300, batches=2, seed=7) for row in batch]
    events = slow_sessions.sessionize(rows)
    short = count = 0
    for name, held in slow.by(events, "session_id").items():
        exact = slow.furthest(held, held[0]["occurred_at"], max(e["occurred_at"] for e in held))
        found = by_ends(held)
        assert found <= exact, name
        short, count = short + (found < exact), count + 1
    assert (short, count) == (2, 1303)


def by_ends(events: list[Row]) -> int:
    """The steps as int_funnel_attempts chains them."""
    after = min(e["occurred_at"] for e in events)
    for number, step in enumerate(slow.STEPS[1:], 1):
        times = [e["occurred_at"] for e in events if slow.stage(e) == step]
        reached = [t for t in (min(times, default=None), max(times, default=None)) if t and t >= after]
        if not reached:
            return number
        after = min(reached)
    return len(slow.STEPS)
