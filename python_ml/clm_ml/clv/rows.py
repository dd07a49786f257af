"""What the value models read: features with margins, and what each customer brought in the horizon after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from clm_ml.models.rows import Rows
from clm_ml.models.snapshots import FEATURES, Task, read_eligible

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection

MARGINS = ("margin_amount", "margin_365d_amount", "margin_90d_amount")
HISTORY = ("purchase_day_count", "recency_days", "tenure_days", "margin_amount", "margin_90d_amount")
VALUE_FEATURES = ("features", "feat_customer__value")
CLV = Task(
    "clv",
    "label_future_value",
    "future_margin_amount",
    "pred_clv",
    f"(select a.*, {', '.join(f'v.{name}' for name in MARGINS)} from {'.'.join(FEATURES)} as a "
    f"inner join {'.'.join(VALUE_FEATURES)} as v using (customer_id, as_of_date))",
    "f.purchase_day_count > 0",
    (FEATURES[1], VALUE_FEATURES[1]),
)


def whether(rows: Rows) -> Rows:
    """The same rows, labelled 1 where a customer brought nothing in the horizon, 0 where something."""
    return replace(rows, label=np.where(np.isnan(rows.label), np.nan, (rows.label == 0).astype(float)))


def read_present(con: Connection, day: date, names: tuple[str, ...]) -> Rows:
    """Everybody with an order on an as-of date, whatever comes after."""
    batches = list(read_eligible(con, CLV, day, names))
    return Rows(
        names,
        np.concatenate([b.customer for b in batches]) if batches else np.empty(0, dtype=object),
        np.concatenate([b.day for b in batches]) if batches else np.empty(0, dtype="datetime64[D]"),
        np.concatenate([b.features for b in batches]) if batches else np.empty((0, len(names))),
        np.concatenate([b.label for b in batches]) if batches else np.empty(0),
    )
