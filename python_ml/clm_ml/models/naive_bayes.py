"""Naive Bayes on features in bins, "unknown" a bin of its own: given the outcome, features are independent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models.rows import Floats, Ints

NAME = "naive_bayes"
LEARNER: dict[str, Any] = {"bins": 10, "smoothing": 5.0}
SETTINGS: dict[str, Any] = {**LEARNER, "fit_rows": 200_000}


@dataclass(frozen=True)
class BayesScorer:
    """score = log odds of leaving + Σ evidence[feature, bin]."""

    edges: tuple[Floats, ...]
    evidence: Floats
    prior: float

    def score(self, features: Floats) -> Floats:
        return self.prior + self.contributions(features).sum(axis=1)

    def contributions(self, features: Floats) -> Floats:
        """What each feature's bin adds to the score."""
        result: Floats = self.evidence[np.arange(len(self.edges)), binned(features, self.edges)]
        return result

    def state(self) -> dict[str, Any]:
        return {"edges": list(self.edges), "evidence": self.evidence, "prior": self.prior}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> BayesScorer:
        return cls(tuple(state["edges"]), state["evidence"], float(state["prior"]))


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> BayesScorer:
    """Counts; nothing in it is random."""
    edges = tuple(edges_of(column) for column in features.T)
    size = 2 + max((len(cuts) for cuts in edges), default=0)
    codes = binned(features, edges)
    evidence = np.array([_evidence(codes[:, i], label, size) for i in range(codes.shape[1])])
    left = float(label.sum())
    return BayesScorer(edges, evidence, float(np.log((left + 1) / (len(label) - left + 1))))


def edges_of(column: Floats) -> Floats:
    """Quantiles of the known values, each once: equal values share a bin."""
    known = column[np.isfinite(column)]
    if not len(known):
        return np.empty(0)
    bins = LEARNER["bins"]
    cuts = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf"))
    return cuts[cuts < known.max()]


def binned(features: Floats, edges: tuple[Floats, ...]) -> Ints:
    """0 where unknown, then 1, 2, … upwards; values at a cut belong below it."""
    codes = np.zeros(features.shape, dtype=np.int64)
    for position, cuts in enumerate(edges):
        column = features[:, position]
        codes[:, position] = np.where(np.isnan(column), 0, 1 + np.searchsorted(cuts, column, side="left"))
    return codes


def _evidence(codes: Ints, label: Floats, size: int) -> Floats:
    """Per bin log P(bin | left) − log P(bin | stayed), both drawn towards P(bin): few customers are no evidence."""
    left, stayed = (np.bincount(codes[label == outcome], minlength=size) for outcome in (1, 0))
    both = (left + stayed + 1 / size) / (len(codes) + 1)
    drawn = LEARNER["smoothing"]
    shares = [(counts + drawn * both) / (counts.sum() + drawn) for counts in (left, stayed)]
    result: Floats = np.log(shares[0]) - np.log(shares[1])
    return result
