"""What each feature adds to a customer's calibrated log odds; with the baseline it adds up to them.

Additive members say it themselves, against the average customer. Trees and everything else are compared with the
model's four reference customers, see shapley.py. Averaging members and Platt's step are linear, so sums survive them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models import shapley
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.recurrent import RecurrentScorer
from clm_ml.models.rows import Floats, Ints

REFERENCES = 4


@dataclass(frozen=True)
class Contributions:
    """baseline + the sum of a row of `parts` (customers, features) = the ensemble's log odds of that customer."""

    baseline: float
    parts: Floats


def contributions(ensemble: Ensemble, features: Floats, reference: Floats, topic: Ints) -> Contributions:
    """Exact for additive models and trees. `topic` is the number of each feature's topic.

    Of other models a topic is measured as a whole and shared evenly among its features.
    """
    calibrator, members = ensemble.calibrator, ensemble.members
    if all(hasattr(member, "contributions") for member in members):
        parts = _mean([_additive(member, features) for member in members])
        start = _mean([member.score(reference[:1]) - _additive(member, reference[:1]).sum(1) for member in members])
    else:
        trees = [member for member in members if shapley.is_of_trees(member)]
        if len(trees) == len(members):
            parts = _mean([shapley.of_trees(member, features, reference) for member in trees])
        else:
            whole = shapley.of_topics(ensemble.score, features, reference, topic, _reads(members))
            parts = (whole / np.bincount(topic))[:, topic]
        start = ensemble.score(reference)
    return Contributions(float(calibrator.logit(start).mean()), calibrator.slope * parts)


def reference_customers(ensemble: Ensemble, features: Floats) -> Floats:
    """Four real customers, from low to high risk: what the others are compared with where a model is not additive."""
    order = np.argsort(ensemble.logit(features), kind="stable")
    at = ((np.arange(REFERENCES) + 0.5) / REFERENCES * len(order)).astype(int)
    return features[order[at]]


def _additive(member: Any, features: Floats) -> Floats:
    result: Floats = member.contributions(features)
    return result


def _reads(members: tuple[Any, ...]) -> Ints | None:
    """The features that are read, where it is but the sequence; None for all."""
    read = [member.positions.ravel() for member in members if isinstance(member, RecurrentScorer)]
    return np.unique(read) if read and len(read) == len(members) else None


def _mean(parts: list[Floats]) -> Floats:
    result: Floats = np.mean(parts, axis=0)
    return result
