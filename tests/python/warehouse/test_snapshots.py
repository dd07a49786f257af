"""Features and labels: each as-of date equals a recount of what had happened and was known by its end."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from random_shop import TODAY, random_shop
from scramble import scrambled
from slow_snapshots import SlowShop
from throwaway import Throwaway

Row = dict[str, Any]
Snapshots = dict[tuple[str, date], Row]


def as_of_dates(days: int, seed: int) -> list[str]:
    """Days picked at random over the shop's life."""
    chance = random.Random(seed)
    return sorted({str(TODAY - timedelta(days=chance.randrange(500))) for _ in range(days)})


def by_key(rows: list[Row]) -> Snapshots:
    return {(r.pop("customer_id"), r.pop("as_of_date")): r for r in rows}


def is_same(found: Any, expected: Any) -> bool:
    """Counts and amounts exactly; a ratio as a double may hold it; a mean amount to its last digit."""
    if not isinstance(expected, float) or found is None:
        return found == expected
    if isinstance(found, Decimal):
        return abs(found - Decimal(expected)) <= Decimal("0.0000500001")
    return math.isclose(found, expected, rel_tol=1e-12)


def assert_same(found: Snapshots, expected: Snapshots) -> None:
    assert sorted(found) == sorted(expected)
    wrong = {
        (key, name): (found[key][name], value)
        for key, row in expected.items()
        for name, value in row.items()
        if not is_same(found[key][name], value)
    }
    assert not wrong, f"{len(wrong)} cells, (found, expected), e.g. {dict(list(wrong.items())[:8])}"
    assert {frozenset(row) for row in found.values()} == {frozenset(row) for row in expected.values()}


VARIANTS = {
    "months, utc, h from the data": (7, {"today": str(TODAY), "as_of_dates": as_of_dates(25, 1)}, "UTC"),
    "weeks, new york, h of 45": (
        8,
        {
            "today": str(TODAY), "as_of_grain": "week", "as_of_count": 40, "timezone": "America/New_York",
            "churn_horizon_days": 45, "eligible_days": 200,
        },
        "America/New_York",
    ),
}  # fmt: skip


READ = ("+feat_customer__all", "feat_customer__sequence")
# the first shop is built as it arrives: rows from all of its past in every batch, a later today, other dates asked
# for; at last nothing is new but the dates asked for
ARRIVALS = {
    "months, utc, h from the data": [
        {"today": "2025-01-20", "as_of_count": 5},
        {"today": str(TODAY), "as_of_dates": as_of_dates(9, 2)},
        {"today": str(TODAY), "as_of_dates": as_of_dates(9, 2)[:4]},
    ]
}


def batches(tables: dict[str, list[Row]], count: int) -> list[dict[str, list[Row]]]:
    """The rows of every table dealt out at random: a correction may come before what it corrects."""
    chance = random.Random(11)
    dealt: list[dict[str, list[Row]]] = [{} for _ in range(count)]
    for table, rows in tables.items():
        for row in rows:
            dealt[chance.randrange(count)].setdefault(table, []).append(row)
    return dealt


@pytest.fixture(scope="module", params=VARIANTS, ids=lambda name: name.replace(" ", "_"))
def pair(
    request: pytest.FixtureRequest, new_warehouse: Callable[[str], Throwaway]
) -> tuple[Throwaway, SlowShop, Row]:
    seed, variables, timezone = VARIANTS[request.param]
    tables = random_shop(seed)
    house = new_warehouse("snapshots")
    house.fill({})
    steps = ARRIVALS.get(request.param, [variables])
    for held, batch in zip(steps, batches(tables, len(steps)), strict=True):
        for table, rows in batch.items():
            house.insert(table, rows)
        house.dbt("run", "--select", "+feat_customer__all", variables=held)
    house.dbt("run", "--select", *READ, "+label_churn", variables=variables)
    return house, SlowShop(tables, TODAY, timezone), variables


def expected_days(variables: Row) -> list[date]:
    """Period ends back from today, today itself, and the days asked for."""
    every = [TODAY - timedelta(days=n) for n in range(600)]
    is_end = {"month": lambda d: (d + timedelta(days=1)).day == 1, "week": lambda d: d.isoweekday() == 7}
    ends = [d for d in every if d == TODAY or is_end[variables.get("as_of_grain", "month")](d)]
    asked = [date.fromisoformat(d) for d in variables.get("as_of_dates", [])]
    return sorted({*[d for d in ends if d > date(2024, 1, 20)][: variables.get("as_of_count", 24)], *asked})


@pytest.mark.slow
def test_the_shop_holds_what_is_hard(pair: tuple[Throwaway, SlowShop, Row]) -> None:
    _, shop, _ = pair
    assert len(shop.test_customers) > 3
    assert sum(len(v) > 1 for v in shop.orders.values()) > 80
    assert sum(o["is_sale"] and not o["is_valid"] for o in shop.standing) > 15
    assert sum(bool(v["until"].year < 9999) for v in shop.visits) > 30


@pytest.mark.slow
def test_every_feature_of_every_day_equals_the_recount(pair: tuple[Throwaway, SlowShop, Row]) -> None:
    house, shop, variables = pair
    expected = {(c, d): row for d in expected_days(variables) for c, row in shop.features(d).items()}
    assert_same(by_key(house.records("select * from features.feat_customer__all")), expected)


@pytest.mark.slow
def test_every_sequence_equals_the_recount(pair: tuple[Throwaway, SlowShop, Row]) -> None:
    house, shop, variables = pair
    expected = {(*key, d): row for d in expected_days(variables)[::8] for key, row in shop.sequence(d).items()}
    days = ", ".join(f"date '{d}'" for d in expected_days(variables)[::8])
    rows = house.records(f"select * from features.feat_customer__sequence where as_of_date in ({days})")
    found = {(r.pop("customer_id"), r.pop("period_number"), r.pop("as_of_date")): r for r in rows}
    assert {key: row for key, row in found.items() if any(row.values())} == expected
    assert {number for _, number, _ in expected} == set(range(1, 14))


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["months, utc, h from the data"], indirect=True)
def test_where_only_dates_are_new_only_they_are_drawn(pair: tuple[Throwaway, SlowShop, Row]) -> None:
    house, _, variables = pair
    due = house.rows("select as_of_date, opening_date, fingerprint from intermediate.int_snapshots__due")
    new = {date.fromisoformat(d) for d in variables["as_of_dates"]} - set(expected_days({}))
    old = {date.fromisoformat(d) for d in ARRIVALS["months, utc, h from the data"][-1]["as_of_dates"]}
    assert {day for day, _, fingerprint in due if fingerprint} == new - old
    assert {day for day, _, fingerprint in due if not fingerprint} == old - new
    assert sum(bool(opening) for _, opening, _ in due) > 1000


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["months, utc, h from the data"], indirect=True)
def test_a_customer_whose_days_swap_a_measure_has_another_fingerprint(
    pair: tuple[Throwaway, SlowShop, Row], tmp_path: Path
) -> None:
    house = pair[0].copy(tmp_path)
    (compiled,) = (pair[0].folder / "target" / "compiled").rglob("int_customers__changes.sql")
    changed = f"select customer_id, fingerprint from ({compiled.read_text(encoding='utf-8')}) as anew"
    assert house.rows(changed) == []
    house.sql(
        "create table swaps as select customer_id, min(rowid) as one, max(rowid) as another "
        "from intermediate.int_contact_days where low_review_count = 0 group by 1 having count(*) > 1"
    )
    swapped = []
    for low, none in (("one", "another"), ("another", "one")):
        for place, count in ((low, 1), (none, 0)):
            house.sql(
                f"update intermediate.int_contact_days set low_review_count = {count} "
                f"where rowid in (select {place} from swaps)"
            )
        swapped.append(dict(house.rows(changed)))
    assert len(swapped[0]) > 100
    assert len(swapped[0]) == len(swapped[1]) == house.value("select count(*) from swaps")
    assert [c for c, fingerprint in swapped[0].items() if swapped[1][c] == fingerprint] == []


@pytest.mark.slow
def test_every_label_equals_the_recount(pair: tuple[Throwaway, SlowShop, Row]) -> None:
    house, shop, variables = pair
    horizon = variables.get("churn_horizon_days") or shop.horizon()
    expected = {
        (c, d): row
        for d in expected_days(variables)
        for c, row in shop.labels(d, horizon, variables.get("eligible_days", 365), shop.features(d)).items()
    }
    found = by_key(house.records("select * from labels.label_churn"))
    assert_same(found, expected)
    assert {row["is_churned"] for row in found.values()} == {0, 1, None}


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["months, utc, h from the data"], indirect=True)
def test_another_future_leaves_every_earlier_snapshot_as_it_was(
    pair: tuple[Throwaway, SlowShop, Row], new_warehouse: Callable[[str], Throwaway]
) -> None:
    house, shop, variables = pair
    day = date(2024, 11, 30)
    other = new_warehouse("another_future")
    other.fill(scrambled(shop.tables, random_shop(99), day, seed=5))
    other.dbt("run", "--select", *READ, variables=variables)
    for table in ("feat_customer__all", "feat_customer__sequence"):
        past, later = (f"select * from features.{table} where as_of_date {o} '{day}'" for o in ("<=", ">"))
        assert len(house.rows(past)) > 1000
        assert sorted(other.rows(past), key=repr) == sorted(house.rows(past), key=repr)
        assert sorted(other.rows(later), key=repr) != sorted(house.rows(later), key=repr)
