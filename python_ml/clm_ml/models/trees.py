"""What the tree models share: their score is the log odds of the raw probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models.logistic import score_of
from clm_ml.models.rows import Floats


@dataclass(frozen=True)
class TreeScorer:
    """A fitted forest or boosting model."""

    estimator: Any

    def score(self, features: Floats) -> Floats:
        if hasattr(self.estimator, "decision_function"):
            return np.asarray(self.estimator.decision_function(features), dtype=float)
        return score_of(self.estimator.predict_proba(features)[:, 1])

    def state(self) -> dict[str, Any]:
        return {"estimator": self.estimator}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> TreeScorer:
        return cls(state["estimator"])
