"""The rules a model has to beat. A rule orders customers by one thing known to everybody; nothing in it is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models.rows import Floats

BASE_RATE = "base_rate"
RECENCY = "recency"
RECENCY_BY_GAP = "recency_by_own_gap"
NEEDED = {BASE_RATE: (), RECENCY: ("recency_days",), RECENCY_BY_GAP: ("recency_days", "typical_gap_days")}
GAP_WHERE_UNKNOWN = 90.0


@dataclass(frozen=True)
class RuleScorer:
    """One number per customer; higher is nearer to leaving. Calibration turns it into a probability."""

    rule: str
    names: tuple[str, ...]

    def score(self, features: Floats) -> Floats:
        if self.rule == BASE_RATE:
            return np.zeros(len(features))
        recency = _known(features[:, self.names.index("recency_days")], 0.0)
        if self.rule == RECENCY:
            return np.log1p(np.maximum(recency, 0))
        gap = _known(features[:, self.names.index("typical_gap_days")], GAP_WHERE_UNKNOWN)
        return np.log1p(np.maximum(recency, 0) / np.maximum(gap, 1.0))

    def state(self) -> dict[str, Any]:
        return {"rule": self.rule, "names": list(self.names)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> RuleScorer:
        return cls(state["rule"], tuple(state["names"]))


def rules_for(names: tuple[str, ...]) -> tuple[str, ...]:
    """The rules whose features are there."""
    return tuple(rule for rule, needed in NEEDED.items() if set(needed) <= set(names))


def _known(values: Floats, otherwise: float) -> Floats:
    return np.where(np.isnan(values), otherwise, values)
