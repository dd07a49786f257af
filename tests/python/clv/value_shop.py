"""Customers who buy at a pace of their own until they drop out, as BG/NBD says, and spend as Gamma-Gamma says."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from prediction_tables import prediction_tables

WATERMARK = date(2025, 6, 30)
HORIZON = 90
LAST = 720  # the watermark, in days from the first
KEYS = ["customer_id", "as_of_date"]
MARGINS = ["margin_amount", "margin_365d_amount", "margin_90d_amount"]


def snapshots(customers: int = 500, seed: int = 3, every: int = 60, count: int = 8) -> pd.DataFrame:
    """One row per customer with an order and as-of date: what had happened, and the margin that came after."""
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(customers):
        days, margins = _life(rng)
        for back in range(0, every * count, every):
            row = _snapshot(days, margins, LAST - back)
            if row:
                day = WATERMARK - timedelta(days=back)
                frames.append({"customer_id": f"ida-{(number * 7919) % 99991:05d}", "as_of_date": day, **row})
    frame = pd.DataFrame(frames)
    frame["horoscope_count"] = rng.poisson(3, len(frame))
    return frame


def warehouse(path: Path, frame: pd.DataFrame) -> Path:
    """A DuckDB file with features, labels, watermark, terms and the (empty) prediction tables."""
    labels = ["horizon_days", "future_margin_amount"]
    with duckdb.connect(str(path)) as con:
        for schema in ("features", "labels", "intermediate", "predictions"):
            con.execute(f"create schema {schema}")
        con.register("f", frame.drop(columns=[*labels, *MARGINS]))
        con.register("v", frame[[*KEYS, *MARGINS]])
        con.register("l", frame[[*KEYS, *labels]])
        day = "* replace (as_of_date::date as as_of_date)"
        con.execute(f"create table features.feat_customer__all as select {day} from f")
        con.execute(f"create table features.feat_customer__value as select {day} from v")
        con.execute(f"create table labels.label_future_value as select {day} from l")
        con.execute("create table intermediate.int_watermark as select ?::date as watermark_date", [WATERMARK])
        con.execute("create table intermediate.int_value_terms as select 0.1::double as yearly_discount_rate")
        for statement in prediction_tables():
            con.execute(statement)
    return path


def _life(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    born = int(rng.integers(0, LAST - 100))
    pace, dropout = rng.gamma(0.9, 1 / 60.0), rng.beta(1.0, 6.0)
    days, day = [born], float(born)
    while day < LAST + HORIZON and rng.random() > dropout:
        day += rng.exponential(1 / max(pace, 1e-4))
        if int(day) > days[-1]:
            days.append(int(day))
    order = rng.gamma(6.0, 1 / rng.gamma(4.0, 0.05), len(days))
    return np.array(days), np.round(order, 2)


def _snapshot(days: np.ndarray, margins: np.ndarray, day: int) -> dict | None:
    past = days <= day
    if not past.any():
        return None
    orders = days[past]
    ahead = (days > day) & (days <= day + HORIZON)
    return {
        "recency_days": int(day - orders[-1]),
        "tenure_days": int(day - orders[0]),
        "purchase_day_count": len(orders),
        "frequency_count": int((orders > day - 365).sum()),
        "typical_gap_days": float(np.diff(orders).mean()) if len(orders) > 1 else None,
        "margin_amount": round(float(margins[past].sum()), 2),
        "margin_365d_amount": round(float(margins[past & (days > day - 365)].sum()), 2),
        "margin_90d_amount": round(float(margins[past & (days > day - 90)].sum()), 2),
        "horizon_days": HORIZON,
        "future_margin_amount": round(float(margins[ahead].sum()), 2) if day + HORIZON <= LAST else None,
    }
