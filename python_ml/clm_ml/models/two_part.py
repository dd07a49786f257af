"""Value in two parts: whether a customer brings any, and how much if so. Expected value = the one × the other.

Most customers bring nothing in a horizon, and the rest differ by decades: one model of both does neither well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models import boosting, forest
from clm_ml.models.guards import MIN_OF_EACH_CLASS
from clm_ml.models.rows import Floats


class TooFew(ValueError):
    """Not enough customers with and without value."""


@dataclass(frozen=True)
class TwoPart:
    """`buys` gives the probability of any value, `amount` the mean of it where there is some."""

    buys: Any
    amount: Any

    def probability(self, features: Floats) -> Floats:
        """Of a value other than 0; shape (rows,)."""
        return np.asarray(self.buys.predict_proba(features)[:, 1], dtype=float)

    def predict(self, features: Floats) -> Floats:
        """The expected value, in the unit of the values fitted."""
        return self.probability(features) * np.asarray(self.amount.predict(features), dtype=float)

    def state(self) -> dict[str, Any]:
        return {"buys": self.buys, "amount": self.amount}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> TwoPart:
        return cls(state["buys"], state["amount"])


def fit_forest(features: Floats, value: Floats, seed: int) -> TwoPart:
    """Two random forests. Each tree has its own seed, and prediction adds them up in one thread."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    some = _some(value)
    buys = RandomForestClassifier(**forest.LEARNER, random_state=seed, n_jobs=2).fit(features, some)
    amount = RandomForestRegressor(**forest.LEARNER, random_state=seed + 1, n_jobs=2).fit(features[some], value[some])
    return TwoPart(buys.set_params(n_jobs=1), amount.set_params(n_jobs=1))


def fit_boosting(features: Floats, value: Floats, seed: int) -> TwoPart:
    """Two histogram gradient boostings; the amount by the gamma likelihood, which weighs relative errors.

    Where an amount is below 0 (refunds exceed orders), by squared errors: the gamma has no negative values.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    some = _some(value)
    loss = "gamma" if (value[some] > 0).all() else "squared_error"
    settings = boosting.LEARNER | {"early_stopping": False}
    buys = HistGradientBoostingClassifier(**settings, random_state=seed).fit(features, some)
    amount = HistGradientBoostingRegressor(**settings, loss=loss, random_state=seed + 1)
    return TwoPart(buys, amount.fit(features[some], value[some]))


LEARNERS: dict[str, Callable[[Floats, Floats, int], TwoPart]] = {
    "two_part_random_forest": fit_forest,
    "two_part_gradient_boosting": fit_boosting,
}


def _some(value: Floats) -> np.ndarray:
    some = value != 0
    if min(int(some.sum()), int((~some).sum())) < MIN_OF_EACH_CLASS:
        raise TooFew(
            f"{int(some.sum())} customers with a value and {int((~some).sum())} without: "
            f"a value model needs {MIN_OF_EACH_CLASS} of each"
        )
    return some
