"""Histogram gradient boosting; unknown values choose their own side of each split."""

from __future__ import annotations

from typing import Any

import numpy as np

from clm_ml.models.rows import Floats
from clm_ml.models.trees import TreeScorer

NAME = "gradient_boosting"
LEARNER: dict[str, Any] = {
    "max_iter": 90,
    "learning_rate": 0.05,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 30,
    "l2_regularization": 1.0,
}
SETTINGS: dict[str, Any] = {**LEARNER, "fit_rows": 100_000}


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> TreeScorer:
    """A fixed number of rounds: early stopping would spend rows that calibration needs."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(**LEARNER, early_stopping=False, random_state=seed)
    never_known = np.isnan(features).all(axis=0)  # which it refuses to cut into bins
    return TreeScorer(model.fit(np.where(never_known, 0.0, features), label))
