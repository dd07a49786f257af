"""What each feature adds to a customer's calibrated log odds; with the baseline it adds up to them.

Additive members say it themselves, against the average customer. Trees and everything else are compared with the
model's four reference customers, see shapley.py. Averaging members and Platt's step are linear, so sums survive them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models import logistic, shapley
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.recurrent import RecurrentScorer
from clm_ml.models.rows import Floats, Ints

REFERENCES = 4
Read = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Contributions:
    """baseline + the sum of a row of `parts` (customers, features) = the ensemble's log odds of that customer.

    `score` is the ensemble's own, before calibration: members are asked once for both.
    """

    baseline: float
    parts: Floats
    score: Floats


class Contributor:
    """A model made ready to say of any customers what each feature adds; exact for additive models and trees.

    `topic` is the number of each feature's topic. Of other models a topic is measured as a whole and shared evenly
    among its features.
    """

    def __init__(self, ensemble: Ensemble, reference: Floats, topic: Ints) -> None:
        self._calibrator = ensemble.calibrator
        self._read, start = _reader(ensemble, reference, topic)
        self.baseline = float(self._calibrator.logit(start).mean())

    def of(self, features: Floats) -> Contributions:
        """Of these customers."""
        score, parts = self._read(features)
        return Contributions(self.baseline, self._calibrator.slope * parts, score)


def contributions(ensemble: Ensemble, features: Floats, reference: Floats, topic: Ints) -> Contributions:
    """Of these customers, once."""
    return Contributor(ensemble, reference, topic).of(features)


def reference_customers(ensemble: Ensemble, features: Floats) -> Floats:
    """Four real customers, from low to high risk: what the others are compared with where a model is not additive."""
    order = np.argsort(ensemble.logit(features), kind="stable")
    at = ((np.arange(REFERENCES) + 0.5) / REFERENCES * len(order)).astype(int)
    return features[order[at]]


def score_alone(ensemble: Ensemble) -> Callable[[Floats], Floats]:
    """The ensemble's score as `Contributor` gives it, without contributions where those cost more."""
    if all(isinstance(member, logistic.LogisticScorer) for member in ensemble.members):
        line = logistic.mean_line([m for m in ensemble.members if isinstance(m, logistic.LogisticScorer)])
        return lambda features: line.read(features)[0]
    trees = [member for member in ensemble.members if shapley.is_of_trees(member)]
    small = shapley.small_trees(trees, None) if len(trees) == len(ensemble.members) else None
    if small is None:
        return ensemble.score
    return lambda features: small.read(features)[0].mean(axis=0)


def _reader(ensemble: Ensemble, reference: Floats, topic: Ints) -> tuple[Read, Floats]:
    """A function from features to the ensemble's score and parts, and the scores that parts are told against."""
    members = ensemble.members
    lines = [member for member in members if isinstance(member, logistic.LogisticScorer)]
    if len(lines) == len(members):
        line = logistic.mean_line(lines)
        return line.read, np.array([line.intercept])
    if all(hasattr(member, "contributions") for member in members):
        return _additive(ensemble, reference)
    start = ensemble.score(reference)
    trees = [member for member in members if shapley.is_of_trees(member)]
    if len(trees) == len(members):
        values = shapley.TreeValues(trees, reference)

        def of_trees(features: Floats) -> tuple[Floats, Floats]:
            scores, parts = values.read(features)
            return scores.mean(axis=0), parts

        return of_trees, start

    def by_topic(features: Floats) -> tuple[Floats, Floats]:
        score = ensemble.score(features)
        whole = shapley.of_topics(ensemble.score, features, reference, topic, _reads(members))
        return score, (whole / np.bincount(topic))[:, topic]

    return by_topic, start


def _reads(members: tuple[Any, ...]) -> Ints | None:
    """The features that are read, where it is but the sequence; None for all."""
    read = [member.positions.ravel() for member in members if isinstance(member, RecurrentScorer)]
    return np.unique(read) if read and len(read) == len(members) else None


def _additive(ensemble: Ensemble, reference: Floats) -> tuple[Read, Floats]:
    def parts_of(features: Floats) -> Floats:
        result: Floats = np.mean([m.contributions(features) for m in ensemble.members], axis=0)  # type: ignore[attr-defined]
        return result

    def read(features: Floats) -> tuple[Floats, Floats]:
        return ensemble.score(features), parts_of(features)

    return read, ensemble.score(reference[:1]) - parts_of(reference[:1]).sum(axis=1)
