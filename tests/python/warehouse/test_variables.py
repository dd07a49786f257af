"""A variable changes what docs/variables.md says it changes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from throwaway import Throwaway

pytestmark = pytest.mark.slow

ROOMS = ("staging", "intermediate", "features", "labels", "predictions", "marts", "quality")

# what reads H: the horizon itself, labels with their read-out, lifecycle states, and who is active in churn rates
OF_H = {
    "intermediate.int_churn_horizon",
    "marts.fct_churn_horizon",
    "labels.label_churn",
    "labels.label_future_value",
    "quality.fct_score_backtest",
    "intermediate.int_customers__today",
    "marts.dim_customers",
    "marts.audience_churn_watchlist",
    "intermediate.int_active_spans",
    "intermediate.int_churn_counts",
    "marts.fct_churn_rate",
}
# what reads sessions, and the ledger that says with which settings events were read
OF_THE_SESSION_GAP = {
    "intermediate.int_event_settings",
    "intermediate.int_event_batches",
    "intermediate.int_sessions",
    "marts.fct_sessions",
}
# what reads the lifecycle state
OF_THE_LOYAL_RULE = {"intermediate.int_customers__today", "marts.dim_customers", "marts.audience_churn_watchlist"}
OF_THE_GRACE_PERIOD = {"intermediate.int_active_spans", "intermediate.int_churn_counts", "marts.fct_churn_rate"}

CHANGES = {
    "H": ({"churn_horizon_days": 25}, OF_H),
    "session gap": ({"session_gap_minutes": 4}, OF_THE_SESSION_GAP),
    "loyal rule": ({"loyal_purchase_days": 2}, OF_THE_LOYAL_RULE),
    "grace period": ({"subscription_grace_days": 0}, OF_THE_GRACE_PERIOD),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_variable_changes_what_it_should_and_nothing_else(
    built_shop: Throwaway, rows_of: Callable[..., dict[str, list[Any]]], tmp_path: Path, name: str
) -> None:
    variables, expected = CHANGES[name]
    house = built_shop.copy(tmp_path)
    house.dbt("run", variables=variables)
    before, after = rows_of(built_shop, *ROOMS), rows_of(house, *ROOMS)
    assert list(after) == list(before)
    assert {table for table in before if after[table] != before[table]} == expected
