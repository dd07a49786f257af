"""One decision tree, small enough to be read; unknown values choose their own side of each split."""

from __future__ import annotations

from typing import Any

from clm_ml.models.rows import Floats
from clm_ml.models.trees import TreeScorer

NAME = "decision_tree"
LEARNER: dict[str, Any] = {"max_depth": 6, "min_samples_leaf": 50}
SETTINGS: dict[str, Any] = {**LEARNER, "fit_rows": 200_000}


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> TreeScorer:
    """The seed decides between splits that are equally good."""
    from sklearn.tree import DecisionTreeClassifier

    return TreeScorer(DecisionTreeClassifier(**LEARNER, random_state=seed).fit(features, label))
