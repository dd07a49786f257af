"""Bins fixed at training: a feature, or the score, drifts where newer rows fall into them in other shares.

The index itself is computed in the warehouse (quality.fct_feature_drift), for whatever is newest there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm_ml.models.rows import Floats, Rows

TABLE = "ml_feature_bins"
SCORE = "churn_probability"
BINS = 10
UNKNOWN = 0  # the bin of what is not known


def bin_records(version: str, rows: Rows, score: Floats) -> list[dict[str, Any]]:
    """The bins of every feature over the training rows, and of the score (NaN: nobody may say it of this row)."""
    columns = dict(zip(rows.names, rows.features.T, strict=True)) | {SCORE: score[np.isfinite(score)]}
    return [
        {"model_version": version, "feature_name": name, **one}
        for name in sorted(columns)
        for one in bins_of(columns[name])
    ]


def bins_of(values: Floats) -> list[dict[str, Any]]:
    """Tenths of the known values, (lower, upper], open at both ends; equal values share a bin, so there may be fewer.

    Bin 0 are the unknown ones.
    """
    known = np.sort(values[np.isfinite(values)])
    edges = np.unique(known[(np.arange(1, BINS) * len(known)) // BINS]) if len(known) else np.empty(0)
    edges = edges[edges < known[-1]] if len(known) else edges
    count = np.diff(np.r_[0, np.searchsorted(known, edges, side="right"), len(known)])
    ends = [None, *(float(edge) for edge in edges), None]
    found = [_bin(i + 1, ends[i], ends[i + 1], int(count[i])) for i in range(len(count))]
    return [_bin(UNKNOWN, None, None, len(values) - len(known)), *found]


def _bin(number: int, lower: float | None, upper: float | None, count: int) -> dict[str, Any]:
    return {"bin_number": number, "lower_bound": lower, "upper_bound": upper, "train_row_count": count}
