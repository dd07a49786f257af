"""Buy till you die: the probability of no order in the horizon, from frequency, recency and age alone.

The likelier of BG/NBD and MBG/NBD. It never reads the label: only its calibration does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models.btyd.bg_nbd import BgNbd
from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.mbg_nbd import MbgNbd
from clm_ml.models.btyd.model import OrderModel
from clm_ml.models.btyd.model import fit as fit_orders
from clm_ml.models.logistic import score_of
from clm_ml.models.rows import Flags, Floats, Ints

NAME = "buy_till_you_die"
NEEDED = ("purchase_day_count", "tenure_days", "recency_days")
KINDS: tuple[type[OrderModel], ...] = (BgNbd, MbgNbd)
SETTINGS: dict[str, Any] = {"models": [kind.NAME for kind in KINDS], "fit_rows": 30_000}


@dataclass(frozen=True)
class LifetimeScorer:
    """Log odds of no order in the horizon; `otherwise` where one of the three numbers is not known."""

    model: OrderModel
    positions: Ints
    horizon_days: int
    otherwise: float

    def score(self, features: Floats) -> Floats:
        score = np.full(len(features), self.otherwise)
        known = are_known(features, self.positions)
        if known.any():
            cells, place = customers(features[known], self.positions)
            score[known] = score_of(self.model.no_order(cells, float(self.horizon_days)))[place]
        return score

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.NAME,
            "params": self.model.params,
            "positions": self.positions,
            "horizon_days": self.horizon_days,
            "otherwise": self.otherwise,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LifetimeScorer:
        kind = next(kind for kind in KINDS if state["model"] == kind.NAME)
        rest = state["positions"], int(state["horizon_days"]), float(state["otherwise"])
        return cls(kind(state["params"]), *rest)


def fit(features: Floats, names: tuple[str, ...], horizon_days: int) -> LifetimeScorer:
    """Maximum likelihood over the rows, a customer as often as there are dates of theirs."""
    positions = np.array([names.index(name) for name in NEEDED], dtype=np.int64)
    cells, place = customers(features[are_known(features, positions)], positions)
    found = max((fit_orders(kind, cells) for kind in KINDS), key=lambda one: one.maximum.log_likelihood)
    scores = score_of(found.model.no_order(cells, float(horizon_days)))[place]
    return LifetimeScorer(found.model, positions, horizon_days, float(np.median(scores)))


def are_known(features: Floats, positions: Ints) -> Flags:
    """Whose three numbers are there."""
    known: Flags = np.all(np.isfinite(features[:, positions]), axis=1)
    return known


def customers(features: Floats, positions: Ints) -> tuple[Cells, Ints]:
    """Times in days. What no customer can have (a last order before the first) becomes the nearest that one can."""
    orders, tenure, hiatus = features[:, positions].T
    age = np.maximum(tenure, 0.0)
    repeats = np.where(age > 0, np.maximum(np.round(orders) - 1, 0.0), 0.0)
    recency = np.where(repeats > 0, np.clip(age - hiatus, np.minimum(1.0, age), age), 0.0)
    return Cells.placed(repeats, recency, age)
