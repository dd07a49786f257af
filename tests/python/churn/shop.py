"""A small shop whose customers really leave, and a warehouse of its snapshots: seeded, with the labels of the truth.

Customers order at their own pace until they leave for good; complaints make them leave sooner. The prediction
tables are made from the project's own .sql and .yml files, constraints included.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from prediction_tables import prediction_tables

WATERMARK = date(2025, 6, 30)
HORIZON = 90
ELIGIBLE = 365


def snapshots(customers: int = 900, months: int = 17, seed: int = 1, every: int = 1) -> pd.DataFrame:
    """One row per customer and as-of date (of every so many months): features look back, the label ahead."""
    rng = np.random.default_rng(seed)
    days = {i: WATERMARK - timedelta(days=30 * i) for i in range(0, months, every)}
    last = 30 * (months + 11)
    frames = []
    for number in range(customers):
        orders, complaints, visits = _life(rng, last)
        for i, day in days.items():
            row = _snapshot(orders, complaints, visits, last - 30 * i, last)
            if row:
                frames.append({"customer_id": f"anna-{(number * 7919) % 99991:05d}", "as_of_date": day, **row})
    frame = pd.DataFrame(frames)
    frame["horoscope_count"] = rng.poisson(3, len(frame))
    return frame


def warehouse(path: Path, frame: pd.DataFrame) -> Path:
    """A DuckDB file with features, labels, watermark and the (empty) prediction tables."""
    labels = ["is_eligible", "is_churned", "return_day_count", "horizon_days"]
    features, label = frame.drop(columns=labels), frame[["customer_id", "as_of_date", *labels]]
    with duckdb.connect(str(path)) as con:
        for schema in ("features", "labels", "intermediate", "predictions"):
            con.execute(f"create schema {schema}")
        con.register("f", features)
        con.register("l", label)
        con.execute(
            "create table features.feat_customer__all as "
            "select * replace (as_of_date::date as as_of_date, monetary_amount::decimal(18, 2) as monetary_amount) "
            "from f"
        )
        con.execute(
            "create table labels.label_churn as "
            "select customer_id, as_of_date::date as as_of_date, horizon_days::bigint as horizon_days, "
            "is_eligible, is_churned::bigint as is_churned, return_day_count::bigint as return_day_count from l"
        )
        con.execute(
            "create table features.feat_customer__kept_value as select customer_id, as_of_date::date as as_of_date, "
            "case when frequency_count > 0 then 0.4 * monetary_amount * 90 / 365 end::decimal(18, 4) "
            "as kept_value_amount from f"
        )
        con.execute(
            "create table intermediate.int_contact_terms as select 2.0::decimal(18, 4) as offer_cost_amount, "
            "0.3::double as offer_success_rate, 0.9::double as offer_take_rate, "
            "0.1::decimal(18, 4) as contact_cost_amount"
        )
        con.execute("create table intermediate.int_watermark as select ?::date as watermark_date", [WATERMARK])
        for statement in prediction_tables():
            con.execute(statement)
    return path


def _life(rng: np.random.Generator, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    born, gap = rng.integers(-900, last), rng.gamma(1.2, 70.0) + 5
    complaints = np.sort(rng.uniform(born, last + 1, rng.poisson((last - born) / 500)))
    lifetime = rng.exponential(700)
    lifetime /= 1 + 1.2 * (complaints < born + lifetime).sum()
    times = born + np.r_[0, np.cumsum(rng.exponential(gap, 400))]
    orders = np.unique(np.floor(times[times < min(born + lifetime, last)])).astype(int)
    stays = min(born + lifetime, last) - born
    visits = np.sort(rng.uniform(born, born + stays, rng.poisson(stays / 14)))
    return (orders if len(orders) else np.array([born])), complaints, visits if rng.random() < 0.8 else np.array([])


def _snapshot(orders: np.ndarray, complaints: np.ndarray, visits: np.ndarray, day: int, last: int) -> dict | None:
    past = orders[orders <= day]
    if not len(past):
        return None
    gap = float(np.diff(past).mean()) if len(past) > 1 else None
    recency = int(day - past[-1])
    seen = visits[visits <= day]
    eligible = recency < ELIGIBLE
    returned = int(((orders > day) & (orders <= day + HORIZON)).sum())
    known = eligible and day + HORIZON <= last
    return {
        "recency_days": recency,
        "typical_gap_days": gap,
        "gap_ratio": None if gap is None else recency / gap,
        "frequency_count": int((past > day - 365).sum()),
        "monetary_amount": round(19.9 * int((past > day - 365).sum()) + recency % 7, 2),
        "tenure_days": int(day - past[0]),
        "complaint_count_365d": int(((complaints <= day) & (complaints > day - 365)).sum()),
        "days_since_last_visit": int(day - seen[-1]) if len(seen) else None,
        "is_unsubscribed": int(len(past) % 5 == 0),
        "is_eligible": eligible,
        "is_churned": int(not returned) if known else None,
        "return_day_count": returned if known else None,
        "horizon_days": HORIZON,
    }
