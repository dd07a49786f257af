"""A variable changes what docs/variables.md says it changes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from throwaway import Throwaway

pytestmark = pytest.mark.slow

ROOMS = ("staging", "intermediate", "features", "labels", "predictions", "marts", "quality")

# lifecycle states and all that is counted of them
OF_STATES = {
    "intermediate.int_purchase_stretches",
    "intermediate.int_customer_states",
    "intermediate.int_state_moves",
    "intermediate.int_state_transitions",
    "intermediate.int_state_matrices",
    "intermediate.int_state_forecasts",
    "intermediate.int_state_forecast_errors",
    "intermediate.int_state_forecast_ranges",
    "marts.fct_customer_states",
    "marts.fct_state_changes",
    "marts.fct_state_transitions",
    "marts.fct_state_forecast",
    "intermediate.int_customers__today",
    "marts.dim_customers",
    "marts.audience_churn_watchlist",
}
# what reads H: the horizon itself, labels with their read-out, lifecycle states, and who is active in churn rates
OF_H = OF_STATES | {
    "intermediate.int_churn_horizon",
    "marts.fct_churn_horizon",
    "labels.label_churn",
    "labels.label_churn__signs",
    "labels.label_future_value",
    "features.feat_customer__kept_value",
    "marts.fct_contact_profit",
    "marts.fct_segment_profile",
    "quality.fct_segment_outcomes",
    "quality.fct_score_backtest",
    "quality.fct_score_calibration",
    "quality.fct_early_sign_lift",
    "intermediate.int_active_spans",
    "intermediate.int_churn_counts",
    "marts.fct_churn_rate",
}
# what reads sessions, as funnel, paths (no event of this shop names a page) and attribution do, and the ledger that
# says with which settings events were read
OF_THE_SESSION_GAP = {
    "intermediate.int_event_settings",
    "intermediate.int_event_batches",
    "intermediate.int_sessions",
    "intermediate.int_visits",
    "marts.fct_sessions",
    "marts.fct_touches",
    "marts.fct_order_touches",
    "marts.fct_attribution",
    "marts.fct_channel_attribution",
    "intermediate.int_funnel_attempts",
    "intermediate.int_funnel_reach",
    "intermediate.int_visitor_steps",
    "intermediate.int_path_steps",
    "marts.fct_funnel",
    "marts.fct_abandoned_carts",
    "marts.fct_event_transitions",
}
# what is forecast from the mean of some months
OF_THE_FORECAST = {
    "intermediate.int_state_matrices",
    "intermediate.int_state_forecasts",
    "intermediate.int_state_forecast_errors",
    "intermediate.int_state_forecast_ranges",
    "marts.fct_state_forecast",
}
# no contract of this shop ends, so that only the months that have matured change
OF_THE_GRACE_PERIOD = {"marts.fct_churn_rate"}
# what is decided by what an offer costs
OF_THE_OFFER = {"intermediate.int_contact_terms", "marts.fct_contact_profit", "marts.audience_churn_watchlist"}
# what says which events a run has read, not what is in them
OF_THE_RUN = {
    "intermediate.int_event_batches__arrived",
    "intermediate.int_snapshots__due",
    "intermediate.int_funnel_reach__due",
    "intermediate.int_customers__changes",
    "intermediate.int_touches__changes",
}

TODAY = {"today": "2025-06-30"}
CHANGES = {
    "H": ({"churn_horizon_days": 25}, OF_H),
    "loyal rule": ({"loyal_purchase_days": 2}, OF_STATES),
    "session gap, feed, forecast, grace period and offer": (
        {"session_gap_minutes": 4, "state_change_days": 7, "forecast_base_months": 3}
        | {"subscription_grace_days": 0, "offer_cost_amount": 3},
        OF_THE_SESSION_GAP | {"marts.fct_state_changes"} | OF_THE_FORECAST | OF_THE_GRACE_PERIOD | OF_THE_OFFER,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_variable_changes_what_it_should_and_nothing_else(
    june_shop: Throwaway, rows_of: Callable[..., dict[str, list[Any]]], tmp_path: Path, name: str
) -> None:
    variables, expected = CHANGES[name]
    house = june_shop.copy(tmp_path)
    house.dbt("run", variables=TODAY | variables)
    before, after = rows_of(june_shop, *ROOMS), rows_of(house, *ROOMS)
    assert list(after) == list(before)
    assert {table for table in before if after[table] != before[table]} - OF_THE_RUN == expected
