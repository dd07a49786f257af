"""Random forest; unknown values go down the trees as such."""

from __future__ import annotations

from typing import Any

from clm_ml.models.rows import Floats
from clm_ml.models.trees import TreeScorer

NAME = "random_forest"
LEARNER: dict[str, Any] = {
    "n_estimators": 100,
    "max_depth": 9,
    "min_samples_leaf": 15,
    "max_features": "sqrt",
    "max_samples": 0.5,
}
SETTINGS: dict[str, Any] = {**LEARNER, "fit_rows": 20_000}


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> TreeScorer:
    """Each tree has its own seed, so threads change nothing; prediction adds the trees up in one thread."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(**LEARNER, random_state=seed, n_jobs=2).fit(features, label)
    return TreeScorer(model.set_params(n_jobs=1))
