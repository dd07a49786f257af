"""A warehouse of snapshots whose customers really are of a few kinds, or of none; clm-ml pointed at it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from clm_ml.models.segments.buyers import SPACE
from places import Shop, point_at
from prediction_tables import ROOT, prediction_tables

DATES = (date(2025, 1, 31), date(2025, 4, 30), date(2025, 5, 31), date(2025, 6, 30))
# kind: how many, and from … to of recency, frequency, money, tenure, active days
KINDS = {
    "best": (60, ((2, 14), (12, 20), (800, 1500), (500, 700), (6, 10))),
    "steady": (160, ((30, 60), (3, 5), (200, 320), (350, 600), (2, 4))),
    "new": (90, ((10, 45), (1, 1), (60, 110), (46, 60), (1, 2))),
    "asleep": (130, ((200, 330), (1, 1), (20, 50), (340, 600), (0, 0))),
    "lapsed": (40, ((380, 700), (0, 0), (0, 0), (700, 900), (0, 0))),
}
ODD = {"odd-1": (300, 40, 90_000, 330, 0), "odd-2": (1, 90, 30, 20, 60), "odd-3": (1, 1, 50_000, 900, 0)}
TRUTH = {
    "best": "Top value, frequent, recent",
    "steady": "High value, regular",
    "new": "New, mid value, one order",
    "asleep": "Low value, one order, gone quiet",
    "lapsed": "No order in a year",
}


def snapshots(kinds: dict = KINDS, seed: int = 1) -> pd.DataFrame:
    """Each customer stays of one kind; what is measured of them differs from date to date."""
    return pd.concat([_snapshot(kinds, day, seed + i) for i, day in enumerate(DATES)], ignore_index=True)


def noise(customers: int = 500, seed: int = 3) -> pd.DataFrame:
    """Customers of no kind: every measure is drawn by itself."""
    rng = np.random.default_rng(seed)
    logs = rng.normal(size=(len(DATES), customers, len(SPACE)))
    frames = [
        _frame([f"ben-{i:04d}" for i in range(customers)], day, np.round(np.exp(3 + values) + 1))
        for day, values in zip(DATES, logs, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def warehouse(path: Path, frame: pd.DataFrame) -> None:
    """A DuckDB file with the features, the RFM codes and the (empty) prediction tables."""
    with duckdb.connect(str(path)) as con:
        for schema in ("features", "intermediate", "predictions", "reference"):
            con.execute(f"create schema {schema}")
        con.register("f", frame)
        con.execute(
            "create table features.feat_customer__all as "
            "select * replace (as_of_date::date as as_of_date, monetary_amount::decimal(18, 4) as monetary_amount) "
            "from f"
        )
        con.execute("create table intermediate.int_watermark as select ?::date as watermark_date", [DATES[-1]])
        csv = ROOT / "seeds/reference/rfm_segments.csv"
        con.execute(f"create table reference.rfm_segments as select * from read_csv('{csv}', all_varchar=true)")
        for statement in prediction_tables():
            con.execute(statement)


class Place(Shop):
    """A warehouse in its own folder, and clm-ml pointed at it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        super().__init__(point_at(patch, folder).path.parent)

    def run(self, *words: str, code: int = 0):
        result = super().run(*words)
        assert result.exit_code == code, result.output
        return result

    def names(self) -> dict[int, str]:
        """The champion's segments."""
        return dict(
            self.sql(
                "select segment_id, segment_name from predictions.ml_segments "
                "join predictions.ml_training_runs using (model_version) where is_champion"
            )
        )

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.path.parent / "clm_models").glob("*.skops")}


def kind_of(customer: str) -> str:
    return customer.split("-")[0]


def _snapshot(kinds: dict, day: date, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    names, rows = list(ODD), [np.array(list(ODD.values()), float)]
    for kind, (count, ranges) in kinds.items():
        names += [f"{kind}-{i:03d}" for i in range(count)]
        rows.append(np.column_stack([rng.integers(low, high + 1, count) for low, high in ranges]))
    return _frame(names, day, np.vstack(rows))


def _frame(names: list[str], day: date, values: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(values, columns=list(SPACE))
    frame["average_order_amount"] = frame.monetary_amount / np.maximum(frame.frequency_count, 1)
    frame["complaint_count_365d"] = 0
    frame.insert(0, "as_of_date", day)
    frame.insert(0, "customer_id", names)
    return frame.sample(frac=1, random_state=1)
