"""Lifecycle states equal a slow recount, customer by customer and day by day; their sums equal recounts of these."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import slow_states as slow
from slow_retention import following, is_rate
from slow_snapshots import SlowShop
from throwaway import Throwaway

pytestmark = pytest.mark.slow

Row = dict[str, Any]
Told = dict[str, dict[date, str]]
DEMO_TODAY = date(2025, 6, 29)
INTERVALS = "select customer_id, valid_from_date, valid_to_date, lifecycle_state, previous_state from {}"


def by_day(rows: Iterable[tuple[Any, ...]], today: date) -> Told:
    """Intervals, spelled out as days; a day in two of them is an error."""
    told: Told = defaultdict(dict)
    for customer, first, end, state, _ in rows:
        for n in range(((end or today + slow.DAY) - first).days):
            day = first + timedelta(days=n)
            assert day not in told[customer], f"{customer} is in two states on {day}"
            told[customer][day] = state
    return told


def bought(shop: SlowShop) -> dict[str, set[date]]:
    days: dict[str, set[date]] = defaultdict(set)
    for order in shop.standing:
        if order["is_valid"] and order["ordered_date"] <= shop.today:
            days[order["customer_id"]].add(order["ordered_date"])
    return days


def followed(shop: SlowShop, rule: slow.Rule) -> Told:
    """The recount: whoever is known or has bought by today, but for test customers."""
    days = bought(shop)
    people = (set(days) | set(shop.first_known)) - shop.test_customers
    told = {c: slow.follow(days.get(c, set()), shop.first_known.get(c), shop.today, rule) for c in people}
    return {customer: states for customer, states in told.items() if states}


def assert_same(found: Told, expected: Told) -> None:
    wrong = {
        (customer, day): (found.get(customer, {}).get(day), expected.get(customer, {}).get(day))
        for customer in found.keys() | expected.keys()
        for day in found.get(customer, {}).keys() | expected.get(customer, {}).keys()
        if found.get(customer, {}).get(day) != expected.get(customer, {}).get(day)
    }
    assert not wrong, f"{len(wrong)} days, (found, expected), e.g. {sorted(wrong.items())[:6]}"


# ---- random histories

TODAY = date(2026, 12, 31)
BEGIN = datetime(2025, 1, 1)


def random_histories(people: int, seed: int) -> dict[str, list[Row]]:
    """Orders with gaps of every length that matters; cancelled, refunded, late, a test's, and tomorrow's."""
    chance = random.Random(seed)
    customers, orders, refunds = [], [], []
    names = [f"c{n:03d}" for n in range(people)]
    for name in names:
        known = BEGIN + timedelta(days=chance.randrange(-40, 760))
        if chance.random() < 0.8:
            customers.append(
                {
                    "customer_id": name,
                    "created_at": known if chance.random() < 0.9 else None,
                    "is_test": chance.random() < 0.04,
                    "referred_by_customer_id": chance.choice([None, name, *names]),
                }
            )
        moment, step = BEGIN + timedelta(days=chance.randrange(400)), chance.choice([3, 9, 14, 40, 150])
        for number in range(chance.choice([0, 1, 2, 6, 25, 60])):
            order = {"order_id": f"{name}-{number}", "customer_id": name, "ordered_at": moment, "currency": "EUR"}
            order |= {"status": chance.choice(["completed"] * 8 + ["cancelled"]), "gross_amount": Decimal(20)}
            order["discount_amount"] = None
            late = timedelta(days=chance.choice([0, 0, 0, 2, 30]))
            orders.append(order | {"recorded_at": min(moment + late, max(moment, datetime(2026, 12, 31)))})
            if chance.random() < 0.1:
                refund = {"refund_id": f"r{name}-{number}", "order_id": order["order_id"]}
                back = min(moment + timedelta(days=chance.choice([1, 20])), max(moment, datetime(2026, 12, 31)))
                refunds.append(refund | {"refunded_at": back, "amount": Decimal(chance.choice([20, 5]))})
            moment += timedelta(days=chance.randrange(step + 1), hours=chance.choice([0, 1]))
            moment += timedelta(days=chance.choice([0] * 12 + [29, 31, 200, 366]))
    tomorrow = {"order_id": "tomorrow", "customer_id": "c000", "ordered_at": datetime(2027, 1, 1)}
    orders.append(
        tomorrow | {"status": "completed", "currency": "EUR", "gross_amount": Decimal(20), "discount_amount": None}
    )
    for row in orders:
        row.setdefault("recorded_at", None)
    return {"customers": customers, "orders": orders, "refunds": refunds}


@pytest.fixture(scope="module")
def histories(new_warehouse: Callable[[str], Throwaway]) -> tuple[Throwaway, SlowShop]:
    tables = random_histories(160, seed=4)
    house = new_warehouse("histories")
    house.fill(tables)
    variables = {"today": str(TODAY), "churn_horizon_days": 10}
    house.dbt("run", "--select", "+fct_customer_states", variables=variables)
    return house, SlowShop(tables, TODAY)


def with_horizon(house: Throwaway, horizon: int) -> list[tuple[Any, ...]]:
    """The intervals that the models' own SQL gives with another H."""
    house.sql(f"update intermediate.int_churn_horizon set horizon_days = {horizon}")
    for name in ("int_purchase_stretches", "int_customer_states"):
        found = house.folder / "target/compiled/clm/models/intermediate" / f"{name}.sql"
        house.sql(f"create or replace table intermediate.{name} as {found.read_text(encoding='utf-8')}")
    return house.rows(INTERVALS.format("intermediate.int_customer_states") + " order by 1, 2")


@pytest.mark.parametrize("horizon", [*range(1, 11), 12, 37, 40, 200, 500])
def test_every_day_of_random_histories_equals_the_recount(
    histories: tuple[Throwaway, SlowShop], horizon: int
) -> None:
    house, shop = histories
    rows = with_horizon(house, horizon)
    expected = followed(shop, slow.Rule(horizon))
    assert_same(by_day(rows, TODAY), expected)
    assert sum(map(len, expected.values())) > 50_000
    moves = {(before, state) for *_, state, before in rows}
    assert not {(before, state) for before, state in moves if state not in slow.ALLOWED[before]}
    assert moves == seen_moves(expected)


def seen_moves(told: Told) -> set[tuple[str | None, str]]:
    moves = set()
    for days in told.values():
        states = [days[day] for day in sorted(days)]
        moves |= {(None, states[0])} | {(a, b) for a, b in pairwise(states) if a != b}
    return moves


def test_the_histories_make_every_allowed_move(histories: tuple[Throwaway, SlowShop]) -> None:
    house, _ = histories
    moves = {(before, state) for h in (10, 40, 500) for *_, state, before in with_horizon(house, h)}
    assert moves == {(before, state) for before, states in slow.ALLOWED.items() for state in states}


@pytest.mark.parametrize(
    "variables",
    [
        {"churn_horizon_days": 9, "new_days": 3, "loyal_purchase_days": 1, "at_risk_share": 0.5},
        {"churn_horizon_days": 25, "new_days": 60, "loyal_purchase_days": 5, "at_risk_share": 0},
    ],
)
def test_the_variables_are_those_of_the_rule(
    histories: tuple[Throwaway, SlowShop], tmp_path: Any, variables: Row
) -> None:
    house, shop = histories
    house = house.copy(tmp_path)
    models = ["int_churn_horizon", "int_purchase_stretches", "int_customer_states", "fct_customer_states"]
    house.dbt("run", "--select", *models, variables={"today": str(TODAY), **variables})
    named = {n: v for n, v in variables.items() if n != "churn_horizon_days"}
    rule = slow.Rule(
        variables["churn_horizon_days"], **named | {"at_risk_share": Decimal(str(named["at_risk_share"]))}
    )
    rows = house.rows(INTERVALS.format("marts.fct_customer_states"))
    assert_same(by_day(rows, TODAY), followed(shop, rule))


# ---- the demo shop


@pytest.fixture(scope="module")
def demo_told(demo: Throwaway, slow_demo: SlowShop) -> Told:
    return followed(slow_demo, slow.Rule(slow_demo.horizon()))


def test_every_day_of_the_demo_equals_the_recount(demo: Throwaway, demo_told: Told) -> None:
    rows = demo.rows(INTERVALS.format("marts.fct_customer_states"))
    assert_same(by_day(rows, DEMO_TODAY), demo_told)
    today = dict(demo.rows("select customer_id, lifecycle_state from marts.dim_customers"))
    assert {c: s for c, s in today.items() if s} == {c: days[DEMO_TODAY] for c, days in demo_told.items()}
    is_test = "select count(*) from marts.dim_customers where lifecycle_state is null and not is_test"
    assert demo.value(is_test) == 0


def test_the_feed_is_the_newest_moves_of_the_recount(demo: Throwaway, demo_told: Told, slow_demo: SlowShop) -> None:
    erased = {r[0] for r in demo.rows("select customer_id from marts.dim_customers where is_erasure_requested")}
    assert erased & demo_told.keys()
    days_bought = bought(slow_demo)
    expected = {}
    for customer in demo_told.keys() - erased:
        days, held = demo_told[customer], days_bought.get(customer, set())
        for n in range(30):
            day = DEMO_TODAY - timedelta(days=n)
            before = days.get(day - slow.DAY)
            if day in days and days[day] != before:
                silent = [(day - d).days for d in held if d < day]
                expected[customer, day] = (before, days[day], min(silent, default=None), day in held)
    rows = demo.records("select * from marts.fct_state_changes")
    found = {
        (r["customer_id"], r["changed_date"]): (
            r["from_state"], r["to_state"], r["silent_days"], r["triggered_by"] in ("order", "first_order")
        )
        for r in rows
    }  # fmt: skip
    assert found == expected
    assert len(found) > 100
    silent = {r["to_state"] for r in rows if r["triggered_by"] == "silence"}
    assert silent == {"at_risk", "lapsed"}
    assert {r["is_newest_day"] for r in rows if r["changed_date"] == DEMO_TODAY} == {True}


def months_of(demo: Throwaway) -> list[date]:
    return [r[0] for r in demo.rows("select distinct state_month from marts.fct_state_transitions order by 1")]


def test_every_cell_of_the_matrix_equals_the_recount(demo: Throwaway, demo_told: Told) -> None:
    first = min(day for days in demo_told.values() for day in days)
    assert months_of(demo) == slow.spine("month", first, DEMO_TODAY)
    for month in months_of(demo):
        rows = demo.records(f"select * from marts.fct_state_transitions where state_month = '{month}'")
        found = {(r["from_state"], r["to_state"]): r["customer_count"] for r in rows}
        assert set(found) == {(a, b) for a in (*slow.STATES, slow.ARRIVED) for b in slow.STATES}
        assert all(is_rate(r, "customer_count", "from_count", "transition_rate") for r in rows)
        if following("month", month) - slow.DAY <= DEMO_TODAY:
            expected = slow.transitions(demo_told, month)
            assert found == {cell: expected.get(cell, 0) for cell in found}
        else:
            assert set(found.values()) == {None}
        before = [days[month - slow.DAY] for days in demo_told.values() if month - slow.DAY in days]
        starts = {r["from_state"]: r["from_count"] for r in rows if r["from_state"] != slow.ARRIVED}
        assert starts == {state: before.count(state) for state in slow.STATES}


class Forecast:
    """The same forecast by matrix powers, in floating point, from recounted months."""

    def __init__(self, told: Told, months: list[date]) -> None:
        self.months = [m for m in months if following("month", m) - slow.DAY <= DEMO_TODAY]
        self.cells = [slow.transitions(told, m) for m in self.months]

    def stock(self, number: int) -> np.ndarray:
        heads = self.cells[number]
        return np.array([float(sum(heads.get((a, s), 0) for a in (*slow.STATES, slow.ARRIVED))) for s in slow.STATES])

    def ahead(self, number: int, steps: int, base: int = 6) -> np.ndarray:
        """The stocks `steps` months after the month of this number."""
        used = self.cells[number - base + 1 : number + 1]
        moved = np.array([[sum(m.get((a, b), 0) for m in used) for b in slow.STATES] for a in slow.STATES], float)
        matrix = np.eye(len(slow.STATES))
        has_any = moved.sum(axis=1) > 0
        matrix[has_any] = moved[has_any] / moved[has_any].sum(axis=1, keepdims=True)
        arrivals = np.array([sum(m.get((slow.ARRIVED, s), 0) for m in used) / base for s in slow.STATES])
        stock = self.stock(number)
        for _ in range(steps):
            stock = stock @ matrix + arrivals
        return stock


def test_the_forecast_and_its_past_errors_equal_matrix_powers(demo: Throwaway, demo_told: Told) -> None:
    past = Forecast(demo_told, months_of(demo))
    newest = len(past.months) - 1
    rows = {
        (r["lifecycle_state"], r["months_ahead"]): r for r in demo.records("select * from marts.fct_state_forecast")
    }
    assert set(rows) == {(state, h) for state in slow.STATES for h in range(1, 13)}
    for (state, ahead), row in rows.items():
        place = slow.STATES.index(state)
        assert row["origin_month"] == past.months[newest]
        assert float(row["expected_count"]) == pytest.approx(past.ahead(newest, ahead)[place], abs=1e-3)
        origins = range(5, newest - ahead + 1)
        came = [past.stock(o + ahead)[place] for o in origins]
        errors = [abs(past.ahead(o, ahead)[place] - c) for o, c in zip(origins, came, strict=True)]
        assert row["past_forecast_count"] == len(errors)
        if not errors:
            assert row["mean_absolute_error"] is None
            continue
        assert row["mean_absolute_error"] == pytest.approx(np.mean(errors), abs=1e-4)
        shares = [e / c for e, c in zip(errors, came, strict=True) if c]
        assert row["mean_relative_error"] == pytest.approx(np.mean(shares), abs=1e-4)
        stays = [abs(past.stock(o)[place] - c) for o, c in zip(origins, came, strict=True)]
        assert row["unchanged_mean_absolute_error"] == pytest.approx(np.mean(stays), abs=1e-9)
        both = [(e, abs(past.stock(o + ahead - 12)[place] - c))
                for o, e, c in zip(origins, errors, came, strict=True) if o + ahead >= 12]  # fmt: skip
        if sum(s for _, s in both):
            assert row["mase"] == pytest.approx(sum(e for e, _ in both) / sum(s for _, s in both), abs=1e-4)
        if len(errors) >= 5:
            reach = np.quantile(errors, 0.9)
            assert float(row["expected_high_count"] - row["expected_count"]) == pytest.approx(reach, abs=1e-3)
        else:
            assert row["expected_high_count"] is None
        known = [(o, e, errors[: max(o - 5 - ahead + 1, 0)]) for o, e in zip(origins, errors, strict=True)]
        ranged = [e <= np.quantile(seen, 0.9) for _, e, seen in known if len(seen) >= 5]
        assert row["ranged_forecast_count"] == len(ranged)
        assert row["range_coverage_rate"] == (pytest.approx(np.mean(ranged)) if ranged else None)
    assert not math.isnan(rows["active", 1]["mase"])


def test_referrals_are_those_of_the_newest_customer_rows(demo: Throwaway, slow_demo: SlowShop) -> None:
    newest = {c: versions[-1] for c, versions in slow_demo.customers.items()}
    first = {c: min(days) for c, days in bought(slow_demo).items()}
    known = set(newest) | set(slow_demo.first_known)
    expected = {}
    for customer, row in newest.items():
        referrer = row["referred_by_customer_id"]
        if referrer and customer not in slow_demo.test_customers:
            status = "self" if referrer == customer else "valid"
            if referrer not in known:
                status = "unknown_referrer"
            elif referrer in slow_demo.test_customers:
                status = "test_referrer"
            expected[customer] = (referrer, status, first.get(customer))
    found = demo.rows(
        "select customer_id, referrer_customer_id, referral_status, first_purchase_date from marts.fct_referrals"
    )
    assert {customer: tuple(edge) for customer, *edge in found} == expected
    assert len(expected) > 50
