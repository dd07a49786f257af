"""Scores meet their outcomes by themselves as these become known; drift is recounted from the rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from clm_ml.models.drift import bins_of
from throwaway import Throwaway

pytestmark = pytest.mark.slow

MODELS = ("int_watermark", "label_churn", "fct_score_backtest", "fct_score_calibration", "fct_feature_drift")
FEATURES = ("typical_gap_days", "tenure_days", "days_since_last_visit")


@dataclass(frozen=True)
class Past:
    """The random shop with scores of a matured date too, and the bins of an earlier one."""

    house: Throwaway
    bins_day: date
    scored_day: date
    horizon_days: int


@pytest.fixture(scope="module")
def past(built_shop: Throwaway, tmp_path_factory: pytest.TempPathFactory) -> Past:
    house = built_shop.copy(tmp_path_factory.mktemp("past_scores"))
    days = house.rows(
        "select as_of_date, max(horizon_days) from labels.label_churn group by 1 "
        "having min(is_churned) = 0 and max(is_churned) = 1 order by 1"
    )
    here = Past(house, days[-4][0], *days[-1])
    house.sql(
        "insert into predictions.pred_churn by name select customer_id, as_of_date, 'v1' as model_version, "
        "round(least(recency_days / 500.0, 1), 2) as churn_probability, 0 as probability_low, 1 as probability_high, "
        "'high' as risk_band, timestamp '2025-07-01' as scored_at "
        f"from features.feat_customer__all where recency_days < 365 and as_of_date = '{here.scored_day}'"
    )
    before = snapshot(house, here.bins_day)
    rows = [
        {"model_version": "v1", "feature_name": name, **one}
        for name in FEATURES
        for one in bins_of(before[name].to_numpy(dtype=float))
    ]
    house.sql(f"insert into predictions.ml_feature_bins by name select unnest({as_structs(rows)}, max_depth := 2)")
    return here


def snapshot(house: Throwaway, day: date) -> pd.DataFrame:
    return pd.DataFrame(
        house.records(f"select * from features.feat_customer__all where as_of_date = '{day}' and recency_days < 365")
    )


def as_structs(rows: list[dict[str, Any]]) -> str:
    cells = (
        "{" + ", ".join(f"'{n}': {json.dumps(v).replace(chr(34), chr(39))}" for n, v in r.items()) + "}" for r in rows
    )
    return f"[{', '.join(cells)}]"


def test_a_score_meets_its_outcome_once_the_horizon_has_passed(past: Past) -> None:
    house, day = past.house, past.scored_day
    known = day + timedelta(days=past.horizon_days)
    build(past, known - timedelta(days=1))
    counted = f"select count(*) from quality.{{}} where as_of_date = '{day}'"
    assert [house.value(counted.format(table)) for table in ("fct_score_backtest", "fct_score_calibration")] == [0, 0]

    build(past, known)
    found = house.records(f"select * from quality.fct_score_calibration where as_of_date = '{day}'")
    assert len(found) == 1
    recounted(house, day, found[0])
    bins = house.rows(
        f"select customer_count, is_out_of_sample from quality.fct_score_backtest where as_of_date = '{day}'"
    )
    assert len(bins) == 10
    assert {is_new for _, is_new in bins} == {found[0]["is_out_of_sample"]}
    assert sum(count for count, _ in bins) == found[0]["customer_count"] > 20
    the_index_is_recounted(past)


def build(past: Past, today: date) -> None:
    variables = {"today": str(today), "churn_horizon_days": past.horizon_days, "drift_min_rows": 20}
    past.house.dbt("run", "--select", *MODELS, variables=variables)


def recounted(house: Throwaway, day: date, found: dict[str, Any]) -> None:
    """The whole-population line by pandas."""
    rows = pd.DataFrame(
        house.records(
            "select churn_probability, is_churned from predictions.pred_churn "
            f"join labels.label_churn using (customer_id, as_of_date) where as_of_date = '{day}' "
            "and is_churned is not null"
        )
    )
    p, y = rows["churn_probability"], rows["is_churned"]
    pairs = np.sign(p[y == 1].to_numpy()[:, None] - p[y == 0].to_numpy()[None, :])
    assert (found["customer_count"], found["churned_count"]) == (len(y), y.sum())
    assert found["mean_probability"] == pytest.approx(p.mean(), abs=1e-9)
    assert found["brier_score"] == pytest.approx(((p - y) ** 2).mean(), abs=1e-9)
    assert found["auc"] == pytest.approx((pairs.mean() + 1) / 2, abs=1e-9)
    assert 0 < found["churn_rate"] < 1


def the_index_is_recounted(past: Past) -> None:
    """Drift by pandas: the tenths of one snapshot against the newest."""
    house = past.house
    newest_day = house.value("select max(as_of_date) from features.feat_customer__all")
    before, newest = snapshot(house, past.bins_day), snapshot(house, newest_day)
    found = {row["feature_name"]: row for row in house.records("select * from quality.fct_feature_drift")}
    assert set(found) == set(FEATURES)
    for name in FEATURES:
        then, now = (frame[name].to_numpy(dtype=float) for frame in (before, newest))
        known = np.sort(then[~np.isnan(then)])
        edges = np.unique([known[len(known) * tenth // 10] for tenth in range(1, 10)])
        edges = edges[edges < known[-1]]
        counts = [tenths(values, edges) for values in (then, now)]
        share_then, share_now = ((c + 0.5) / (c + 0.5).sum() for c in counts)
        index = ((share_now - share_then) * np.log(share_now / share_then)).sum()
        line = found[name]
        assert (line["row_count"], line["train_row_count"]) == (len(now), len(then))
        assert line["as_of_date"] == newest_day
        assert line["psi"] == pytest.approx(index, abs=1e-9)
        assert line["drift_band"] == ("stable" if index < 0.1 else "moved" if index < 0.25 else "drifted")


def tenths(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How many are not known, and how many lie in each bin."""
    known = values[~np.isnan(values)]
    return np.r_[len(values) - len(known), np.bincount(np.searchsorted(edges, known), minlength=len(edges) + 1)]
