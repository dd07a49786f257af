"""k nearest neighbours: the share who left among the customers that were most alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models.kernel_svm import squared_distances
from clm_ml.models.logistic import Scale, score_of
from clm_ml.models.rows import Floats, by_blocks

NAME = "k_nearest_neighbours"
LEARNER: dict[str, Any] = {"k": 100}
SETTINGS: dict[str, Any] = {**LEARNER, "fit_rows": 5_000}
CELLS_AT_ONCE = 500_000
SAME = 1e-9  # distances closer than this are equal: all customers at the k-th distance count


@dataclass(frozen=True)
class NeighbourScorer:
    """Log odds of the share who left among the k nearest, to whom one customer of the mean rate is added."""

    scale: Scale
    columns: Floats
    label: Floats
    k: int

    def score(self, features: Floats) -> Floats:
        return score_of(by_blocks(self._share, features, max(1, CELLS_AT_ONCE // len(self.columns))))

    def _share(self, features: Floats) -> Floats:
        distance = squared_distances(self.scale.columns(features), self.columns)
        k = min(self.k, len(self.columns))
        farthest = np.partition(distance, k - 1, axis=1)[:, k - 1 : k]
        near = distance <= farthest + SAME
        share: Floats = (near @ self.label + self.label.mean()) / (near.sum(axis=1) + 1)
        return share

    def state(self) -> dict[str, Any]:
        return {"scale": self.scale.state(), "columns": self.columns, "label": self.label, "k": self.k}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> NeighbourScorer:
        return cls(Scale.from_state(state["scale"]), state["columns"], state["label"], int(state["k"]))


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> NeighbourScorer:
    """Nothing is fitted but the scale: the customers are the model."""
    scale = Scale.of(features)
    return NeighbourScorer(scale, scale.columns(features), label.astype(float), LEARNER["k"])
