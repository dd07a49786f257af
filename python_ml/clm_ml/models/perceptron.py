"""Multi-layer perceptron: two small hidden layers on the columns of the logistic regression."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models.logistic import Scale
from clm_ml.models.rows import Floats

NAME = "multi_layer_perceptron"
LEARNER: dict[str, Any] = {
    "hidden_layer_sizes": (32, 16),
    "alpha": 1.0,
    "batch_size": 200,
    "learning_rate_init": 0.002,
}
STEPS, MOST_ROUNDS = 2_000, 100
SETTINGS: dict[str, Any] = {**LEARNER, "steps": STEPS, "most_rounds": MOST_ROUNDS, "fit_rows": 50_000}


@dataclass(frozen=True)
class PerceptronScorer:
    """Layers of (weights, bias) with what is negative cut off in between; the last gives log odds."""

    scale: Scale
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def score(self, features: Floats) -> Floats:
        layer = self.scale.columns(features)
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layer = np.maximum(layer @ weights + bias, 0.0)
        result: Floats = (layer @ self.weights[-1] + self.biases[-1])[:, 0]
        return result

    def state(self) -> dict[str, Any]:
        return {"scale": self.scale.state(), "weights": list(self.weights), "biases": list(self.biases)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> PerceptronScorer:
        return cls(Scale.from_state(state["scale"]), tuple(state["weights"]), tuple(state["biases"]))


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> PerceptronScorer:
    """About the same number of steps whatever the rows; stopping early would spend rows that calibration needs."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    scale = Scale.of(features)
    settings = LEARNER | {"batch_size": min(LEARNER["batch_size"], len(features))}
    model = MLPClassifier(**settings, max_iter=rounds(len(features)), random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is meant
        model.fit(scale.columns(features), label)
    return PerceptronScorer(scale, tuple(model.coefs_), tuple(model.intercepts_))


def rounds(rows: int) -> int:
    """How often every row is seen: until the steps are taken, but of few rows no more often than this."""
    batches = -(-rows // LEARNER["batch_size"])
    return min(MOST_ROUNDS, max(1, STEPS // batches))
