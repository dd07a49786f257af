"""Support vector machine with a radial kernel, by Nyström's approximation: likeness to so many landmark customers.

An exact kernel machine costs the square of its rows to train and keeps a good part of them to score; this one reads
all rows, costs as many likenesses as there are landmarks, and its file stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models.linear_svm import separate
from clm_ml.models.logistic import Scale
from clm_ml.models.rows import Floats, by_blocks

NAME = "kernel_svm"
LEARNER: dict[str, Any] = {"C": 0.1, "landmarks": 300, "width": 2.0}
SETTINGS: dict[str, Any] = {**LEARNER, "fit_rows": 50_000}
SMALLEST = 1e-6  # directions among the landmarks that are weaker than this part of the strongest are noise
AT_ONCE = 500  # rows


@dataclass(frozen=True)
class KernelScorer:
    """score = intercept + Σ weight · exp(−γ · distance²) over the landmarks."""

    scale: Scale
    landmarks: Floats
    weights: Floats
    intercept: float
    gamma: float

    def score(self, features: Floats) -> Floats:
        return self.intercept + by_blocks(self._weighted, features, AT_ONCE)

    def _weighted(self, features: Floats) -> Floats:
        result: Floats = likeness(self.scale.columns(features), self.landmarks, self.gamma) @ self.weights
        return result

    def state(self) -> dict[str, Any]:
        return {
            "scale": self.scale.state(),
            "landmarks": self.landmarks,
            "weights": self.weights,
            "intercept": self.intercept,
            "gamma": self.gamma,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> KernelScorer:
        numbers = float(state["intercept"]), float(state["gamma"])
        return cls(Scale.from_state(state["scale"]), state["landmarks"], state["weights"], *numbers)


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> KernelScorer:
    """Landmarks are drawn from the rows; the linear machine on their directions is the kernel machine on them."""
    scale = Scale.of(features)
    columns = scale.columns(features)
    gamma = 1 / (LEARNER["width"] * columns.shape[1])
    drawn = np.random.default_rng([seed, 13]).choice(len(columns), min(LEARNER["landmarks"], len(columns)), False)
    landmarks = columns[np.sort(drawn)]
    strength, directions = np.linalg.eigh(likeness(landmarks, landmarks, gamma))
    kept = strength > SMALLEST * strength[-1]
    to_directions = directions[:, kept] / np.sqrt(strength[kept])
    weights, intercept = separate(likeness(columns, landmarks, gamma) @ to_directions, label, LEARNER["C"])
    return KernelScorer(scale, landmarks, to_directions @ weights, intercept, gamma)


def squared_distances(columns: Floats, others: Floats) -> Floats:
    """Of every row from every other one; shape (rows, others)."""
    own, theirs = (columns**2).sum(axis=1), (others**2).sum(axis=1)
    result: Floats = np.maximum(own[:, None] + theirs - 2 * columns @ others.T, 0.0)
    return result


def likeness(columns: Floats, others: Floats, gamma: float) -> Floats:
    """1 where two customers are the same, near 0 where they are far apart."""
    result: Floats = np.exp(-gamma * squared_distances(columns, others))
    return result
