"""Retention and churn of the demo equal a slow recount of its accepted raw rows; days follow the time zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import slow_retention as slow
from slow_snapshots import SlowShop
from throwaway import Throwaway, raw_contract

pytestmark = pytest.mark.slow

Row = dict[str, Any]
TODAY = date(2025, 6, 29)
NS = (1, 3, 7, 14, 30, 60, 90)
BRACKETS = ((1, 7), (8, 14), (15, 30), (31, 60))
GRACE = 30
ALL = "all"


class Recount:
    """Who bought, and who was active, on which days; who was under contract when."""

    def __init__(self, demo: Throwaway) -> None:
        tables = {
            table: demo.records(
                f"select {', '.join(columns)} from staging.base_{table} where row_status <> 'quarantined'"
            )
            for table, columns in raw_contract().items()
        }
        self.shop = SlowShop(tables, TODAY)
        self.bought: dict[str, set[date]] = defaultdict(set)
        for order in self.shop.standing:
            if order["is_valid"] and order["ordered_date"] <= TODAY:
                self.bought[order["customer_id"]].add(order["ordered_date"])
        self.active = defaultdict(set, {customer: set(days) for customer, days in self.bought.items()})
        for visit in self.shop.visits:
            is_tester = visit["customer_id"] in self.shop.test_customers
            if visit["is_active"] and visit["date"] <= TODAY < visit["until"] and not is_tester:
                self.active[visit["customer_id"]].add(visit["date"])
        self.contracts = defaultdict(list)
        for versions in self.shop.subscriptions.values():
            newest = versions[-1]
            ended = newest["ended_at"] and newest["ended_at"].date()
            if newest["started_at"].date() <= TODAY and newest["customer_id"] not in self.shop.test_customers:
                self.contracts[newest["customer_id"]].append((newest["started_at"].date(), ended))

    def days(self, basis: str) -> dict[str, set[date]]:
        return self.bought if basis == "order" else self.active

    def split(self, dimension: str) -> Callable[[str], str]:
        if dimension == ALL:
            return lambda customer: ALL
        name = {"channel": "acquisition_channel", "country": "country"}[dimension]
        newest = {customer: versions[-1] for customer, versions in self.shop.customers.items()}
        return lambda customer: newest.get(customer, {}).get(name) or "(unknown)"


@pytest.fixture(scope="module")
def recount(demo: Throwaway) -> Recount:
    return Recount(demo)


@pytest.mark.parametrize("basis", ["order", "activity"])
@pytest.mark.parametrize("period", ["month", "week"])
@pytest.mark.parametrize("dimension", [ALL, "channel", "country"])
def test_cohorts_equal_the_recount(
    demo: Throwaway, recount: Recount, basis: str, period: str, dimension: str
) -> None:
    which = f"cohort_basis = '{basis}' and period_type = '{period}' and dimension = '{dimension}'"
    rows = demo.records(f"select * from marts.fct_cohort_retention_by where {which}")
    found = {
        (r["dimension_value"], r["cohort_start_date"], r["periods_since"]): (r["cohort_size"], r["retained_count"])
        for r in rows
    }
    expected = slow.cohorts(recount.days(basis), period, TODAY, recount.split(dimension))
    assert len(expected) > 100
    assert found == expected
    assert all(slow.is_rate(r, "retained_count", "cohort_size", "retention_rate") for r in rows)
    for row in demo.records(f"select * from marts.fct_retention_overall where {which}"):
        key = (row["dimension_value"], row["periods_since"])
        whole = slow.overall(cell for (of, _, since), cell in expected.items() if (of, since) == key)
        assert (row["cohort_size"], row["retained_count"]) == (whole or (None, None))
        assert slow.is_rate(row, "retained_count", "cohort_size", "retention_rate")


def test_the_cohorts_of_months_are_those_of_first_orders(demo: Throwaway, recount: Recount) -> None:
    found = demo.rows(
        "select cohort_month, months_since, cohort_size, retained_count from marts.fct_cohort_retention"
    )
    expected = slow.cohorts(recount.bought, "month", TODAY, lambda customer: ALL)
    assert {(cohort, since): (size, back) for cohort, since, size, back in found} == {
        (cohort, since): cell for (_, cohort, since), cell in expected.items()
    }


def nday_cells(recount: Recount) -> dict[tuple[str, int, int | None, date], slow.Cell]:
    """By kind, first and last day and day 0; None where the window's first, or a bracket's last, day is not over."""
    zero = {customer: min(days) for customer, days in recount.bought.items()}
    windows = [("bounded", n, n) for n in NS] + [("unbounded", n, None) for n in NS]
    windows += [("bracket", first, last) for first, last in BRACKETS]
    cells: dict[tuple[str, int, int | None, date], slow.Cell] = {}
    for kind, first, last in windows:
        for day, (size, back) in slow.came_back(zero, recount.active, TODAY, (first, last or 2000)).items():
            is_over = day + timedelta(days=last or first) <= TODAY
            cells[kind, first, last, day] = (size, back if is_over else None)
    return cells


def test_days_after_day_0_equal_the_recount(demo: Throwaway, recount: Recount) -> None:
    rows = demo.records(
        "select kind, n as first_day, case when kind = 'bounded' then n end as last_day, * exclude (kind, n) "
        "from marts.fct_nday_retention "
    )
    rows += demo.records("select 'bracket' as kind, * from marts.fct_bracket_retention")
    found = {
        (r["kind"], r["first_day"], r["last_day"], r["cohort_date"]): (r["cohort_size"], r["retained_count"])
        for r in rows
    }
    expected = nday_cells(recount)
    assert found == expected
    assert {None, 0} < {back for _, back in expected.values()}
    assert all(slow.is_rate(r, "retained_count", "cohort_size", "retention_rate") for r in rows)


def test_overall_days_sum_matured_cohorts(demo: Throwaway, recount: Recount) -> None:
    cells = nday_cells(recount)
    for row in demo.records("select * from marts.fct_nday_retention_overall"):
        reach = 60 if row["kind"] == "bracket" else 90
        is_in_set = {
            "matured": lambda day: True,
            "common": lambda day, reach=reach: day + timedelta(days=reach) <= TODAY,
        }[row["cohort_set"]]
        window = (row["kind"], row["first_day"], row["last_day"])
        whole = slow.overall(cell for (*of, day), cell in cells.items() if tuple(of) == window and is_in_set(day))
        assert (row["cohort_size"], row["retained_count"]) == whole
        assert slow.is_rate(row, "retained_count", "cohort_size", "retention_rate")


@pytest.mark.parametrize("period", ["month", "week"])
def test_churn_by_activity_equals_the_recount(demo: Throwaway, recount: Recount, period: str) -> None:
    horizon = demo.value("select horizon_days from intermediate.int_churn_horizon")
    assert horizon == recount.shop.horizon()
    active = {customer: slow.bought_within(days, horizon) for customer, days in recount.bought.items()}
    rows = demo.records(
        f"select * from marts.fct_churn_rate where churn_basis = 'activity' and period_type = '{period}'"
    )
    found = {r["period_start_date"]: (r["active_start_count"], r["churned_count"]) for r in rows}
    assert found == slow.churned(active, period, min(found), TODAY)
    assert sum(back or 0 for _, back in found.values()) > 200
    assert all(slow.is_rate(r, "churned_count", "active_start_count", "churn_rate") for r in rows)


@pytest.mark.parametrize("period", ["month", "week"])
def test_churn_by_contract_equals_the_recount(demo: Throwaway, recount: Recount, period: str) -> None:
    active = {customer: slow.under_contract(held, GRACE) for customer, held in recount.contracts.items()}
    rows = demo.records(
        f"select * from marts.fct_churn_rate where churn_basis = 'contract' and period_type = '{period}'"
    )
    found = {r["period_start_date"]: (r["active_start_count"], r["churned_count"]) for r in rows}
    decided = TODAY - timedelta(days=GRACE)
    expected = {
        begin: (
            there if begin - timedelta(days=1) <= decided else None,
            gone if slow.following(period, begin) - timedelta(days=1) <= decided else None,
        )
        for begin, (there, gone) in slow.churned(active, period, min(found), TODAY).items()
    }
    assert found == expected
    assert sum(back or 0 for _, back in found.values()) == 4
    assert all(slow.is_rate(r, "churned_count", "active_start_count", "churn_rate") for r in rows)


# ---- time zones

ZONES = ("UTC", "Asia/Shanghai", "America/New_York")
INSTANTS = {
    # Ada orders around each zone's midnight, Bob around New York's changes of the clock, Cleo around a month's end
    "ada": [
        datetime(2025, 1, 14, 23, 59, 59), datetime(2025, 1, 15, 0, 0), datetime(2025, 1, 16, 15, 59, 59),
        datetime(2025, 1, 16, 16, 0), datetime(2025, 1, 20, 4, 59, 59), datetime(2025, 1, 20, 5, 0),
        datetime(2025, 2, 14, 5, 0),
    ],
    "bob": [
        datetime(2025, 3, 9, 4, 59, 59), datetime(2025, 3, 9, 5, 0), datetime(2025, 3, 10, 3, 59, 59),
        datetime(2025, 3, 10, 4, 0), datetime(2025, 11, 2, 3, 59, 59), datetime(2025, 11, 2, 4, 0),
        datetime(2025, 11, 3, 4, 59, 59), datetime(2025, 11, 3, 5, 0),
    ],
    "cleo": [datetime(2025, 1, 31, 16, 0), datetime(2025, 2, 1, 4, 59), datetime(2025, 3, 1, 0, 0)],
    "dora": [datetime(2025, 6, 30, 12, 0), datetime(2025, 7, 1, 12, 0)],  # at noon UTC: one day in all three
    "emil": [datetime(2025, 12, 31, 12, 0)],  # the newest fact
}  # fmt: skip


MOVED = {  # whose day is another one than in UTC
    "Asia/Shanghai": {"ada0", "ada3", "cleo0"},
    "America/New_York": {"ada1", "ada4", "bob0", "bob2", "bob4", "bob6", "cleo1", "cleo2"},
}


def day_in(zone: str, moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


@pytest.fixture(scope="module")
def zoned(new_warehouse: Callable[[str], Throwaway]) -> dict[str, Throwaway]:
    """The same instants built under each time zone."""
    houses = {}
    for zone in ZONES:
        house = houses[zone] = new_warehouse(zone.replace("/", "_"))
        house.fill(
            {
                "orders": [
                    {"order_id": f"{who}{n}", "customer_id": who, "ordered_at": at, "gross_amount": Decimal(10)}
                    for who, instants in INSTANTS.items()
                    for n, at in enumerate(instants)
                ]
            }
        )
        models = ["+fct_cohort_retention", "+fct_nday_retention", "+int_customer_days"]
        house.dbt("run", "--select", *models, variables={"timezone": zone, "late_days": 0})
    return houses


@pytest.mark.parametrize("zone", ZONES)
def test_days_are_those_of_the_time_zone(zoned: dict[str, Throwaway], zone: str) -> None:
    house = zoned[zone]
    days = {who: {day_in(zone, at) for at in instants} for who, instants in INSTANTS.items()}
    today = max(day for held in days.values() for day in held)
    every = sorted((who, day) for who, held in days.items() for day in held)

    customer_days = "select customer_id, activity_date from intermediate.int_customer_days where order_count > 0"
    assert house.rows(f"{customer_days} order by all") == every
    purchase_days = "select customer_id, purchase_date from intermediate.int_purchase_days order by all"
    assert house.rows(purchase_days) == every
    assert house.value("select watermark_date from intermediate.int_watermark") == today

    cohorts = house.rows(
        "select cohort_month, months_since, cohort_size, retained_count from marts.fct_cohort_retention"
    )
    assert {(ALL, cohort, since): (size, back) for cohort, since, size, back in cohorts} == slow.cohorts(
        days, "month", today, lambda customer: ALL
    )
    zero = {who: min(held) for who, held in days.items()}
    ndays = house.rows(
        "select n, cohort_date, cohort_size, retained_count from marts.fct_nday_retention where kind = 'bounded'"
    )
    assert {(n, day): (size, back) for n, day, size, back in ndays} == {
        (n, day): (size, back if day + timedelta(days=n) <= today else None)
        for n in NS
        for day, (size, back) in slow.came_back(zero, days, today, (n, n)).items()
    }


def test_time_zones_differ_exactly_where_they_should(zoned: dict[str, Throwaway]) -> None:
    query = "select order_id, ordered_date from intermediate.int_orders__valued where superseded_date is null"
    dates = {zone: dict(house.rows(query)) for zone, house in zoned.items()}
    moments = {f"{who}{n}": at for who, instants in INSTANTS.items() for n, at in enumerate(instants)}
    for zone in ZONES[1:]:
        found = {order for order in moments if dates[zone][order] != dates["UTC"][order]}
        assert found == {order for order, at in moments.items() if day_in(zone, at) != at.date()}
        assert found == MOVED[zone]
    cohort = (
        "select cohort_date from intermediate.int_cohort_members where cohort_basis = 'order' and customer_id = '{}'"
    )
    cleo = [house.value(cohort.format("cleo")) for house in zoned.values()]
    assert cleo == [date(2025, 1, 31), date(2025, 2, 1), date(2025, 1, 31)]
    bob = [house.value(cohort.format("bob")) for house in zoned.values()]
    assert bob == [date(2025, 3, 9), date(2025, 3, 9), date(2025, 3, 8)]
