"""A shop of two years whose demand has a season, or none: daily orders of customers who come and leave for good."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from shop import HORIZON, WATERMARK

START, DAYS = 900, 900 + 640 + HORIZON  # the shop is old before the first snapshot, and known beyond the watermark
BACK = tuple(range(0, 631, 90))  # days before the watermark with a snapshot


def snapshots(strength: float, customers: int = 4500, seed: int = 3) -> pd.DataFrame:
    """One row per customer and as-of date; `truth` is the outcome, also where the warehouse cannot know it yet."""
    rng = np.random.default_rng(seed)
    orders = _orders(rng, customers, strength)
    return pd.concat([_snapshot(orders, back) for back in BACK], ignore_index=True)


def _orders(rng: np.random.Generator, customers: int, strength: float) -> np.ndarray:
    """Whether a customer orders on a day, shape (customers, days); the season is at its height in February."""
    day = np.arange(DAYS)
    season = 1 + strength * np.cos(2 * np.pi * (day - _position(130)) / 365)
    born = rng.integers(-300, DAYS - HORIZON, customers)[:, None]
    leaves = born + rng.exponential(900, customers)[:, None]
    rate = rng.gamma(1.5, 1 / 90, customers)[:, None]
    orders = (rng.random((customers, DAYS)) < rate * season) & (day >= born) & (day < leaves)
    return orders | (day == born)


def _snapshot(orders: np.ndarray, back: int) -> pd.DataFrame:
    today = _position(back)
    past = orders[:, : today + 1]
    known = np.flatnonzero(past.any(axis=1))
    past = past[known]
    last = today - np.argmax(past[:, ::-1], axis=1)
    first, count = np.argmax(past, axis=1), past.sum(axis=1)
    recency = today - last
    gap = np.where(count > 1, (last - first) / np.maximum(count - 1, 1), np.nan)
    returned = orders[known, today + 1 : today + 1 + HORIZON].sum(axis=1)
    truth = (returned == 0).astype(int)
    eligible = recency < 365
    return pd.DataFrame(
        {
            "customer_id": [f"ben-{number * 7919 % 99991:05d}" for number in known],
            "as_of_date": WATERMARK - timedelta(days=back),
            "recency_days": recency,
            "typical_gap_days": gap,
            "frequency_count": past[:, -365:].sum(axis=1),
            "purchase_days_90d": past[:, -90:].sum(axis=1),
            "monetary_amount": 19.9 * past[:, -365:].sum(axis=1),
            "tenure_days": today - first,
            "is_eligible": eligible,
            "is_churned": np.where(eligible & (back >= HORIZON), truth, np.nan),
            "return_day_count": np.where(eligible & (back >= HORIZON), returned, np.nan),
            "horizon_days": HORIZON,
            "truth": truth,
        }
    )


def _position(back: int) -> int:
    return DAYS - HORIZON - 1 - back
