"""Growth of customers and of revenue in the demo equals a recount of its accepted raw rows, period by period."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
import slow_states as slow
from slow_snapshots import SlowShop
from throwaway import Throwaway

pytestmark = pytest.mark.slow

TODAY = date(2025, 6, 29)
COUNTS = ("active_count", "new_count", "retained_count", "resurrected_count", "dormant_count")
AMOUNTS = ("revenue_amount", "new_amount", "expansion_amount", "contraction_amount", "reactivated_amount",
           "churned_amount", "base_amount", "net_retained_amount", "gross_retained_amount")  # fmt: skip
PERIODS = pytest.mark.parametrize("period", ["day", "week", "month"])


@PERIODS
def test_heads_equal_the_recount(demo: Throwaway, slow_demo: SlowShop, period: str) -> None:
    bought: dict[str, set[date]] = defaultdict(set)
    for order in slow_demo.standing:
        if order["is_valid"] and order["ordered_date"] <= TODAY:
            bought[order["customer_id"]].add(order["ordered_date"])
    rows = demo.records(f"select * from marts.fct_growth_accounting where period_type = '{period}'")
    found = {r["period_start_date"]: {n: r[n] for n in COUNTS} if r["is_matured"] else None for r in rows}
    expected = slow.growth(bought, period, TODAY)
    assert found == expected
    assert len(expected) > 15
    for row in rows:
        gained = row["is_matured"] and row["dormant_count"] and (row["new_count"] + row["resurrected_count"])
        assert row["quick_ratio"] == (gained / row["dormant_count"] if row["dormant_count"] else None)
        assert row["is_matured"] or {row[n] for n in COUNTS} == {None}


@PERIODS
def test_revenue_equals_the_recount_to_the_last_digit(demo: Throwaway, slow_demo: SlowShop, period: str) -> None:
    amounts = list(slow.amounts(slow_demo.orders_at(TODAY), TODAY))
    assert any(amount < 0 for _, _, amount in amounts)
    rows = demo.records(f"select * from marts.fct_revenue_growth where period_type = '{period}'")
    found = {r["period_start_date"]: {n: r[n] for n in AMOUNTS} if r["is_matured"] else None for r in rows}
    expected = slow.revenue(amounts, period, TODAY)
    assert found == {
        first: {n: sums.get(n, Decimal(0)) for n in AMOUNTS} if sums is not None else None
        for first, sums in expected.items()
    }
    for row in rows:
        has_base = row["is_matured"] and row["base_amount"]
        for name, part in (("net", "net_retained_amount"), ("gross", "gross_retained_amount")):
            rate = float(row[part]) / float(row["base_amount"]) if has_base else None
            assert row[f"{name}_revenue_retention_rate"] == (pytest.approx(rate) if has_base else None)
