"""Bayes' rule on features in bins, "unknown" a bin of its own: the naive classifier, and the tree-augmented network.

Naive: given whether a customer leaves, features are taken to be independent. Tree-augmented (Friedman, Geiger and
Goldszmidt 1997): each feature but one may depend on one other too, by the tree that explains most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.models.rows import Floats, Ints

NAIVE, NETWORK = "naive_bayes", "tree_augmented_bayes"
BINS = {NAIVE: 10, NETWORK: 5}
SMOOTHING = 5.0  # customers added to each count, spread as the feature is without what it depends on
SETTINGS: dict[str, dict[str, Any]] = {
    name: {"bins": bins, "smoothing": SMOOTHING, "fit_rows": 200_000} for name, bins in BINS.items()
}


@dataclass(frozen=True)
class NetworkScorer:
    """score = log odds of leaving + Σ evidence[feature, bin of its parent, own bin]; a parent of −1 is none."""

    edges: tuple[Floats, ...]
    parent: Ints
    evidence: Floats
    prior: float

    def score(self, features: Floats) -> Floats:
        return self.prior + self._evidence(features).sum(axis=1)

    def _evidence(self, features: Floats) -> Floats:
        codes = binned(features, self.edges)
        above = _of_parent(codes, self.parent)
        result: Floats = self.evidence[np.arange(len(self.edges)), above, codes]
        return result

    def state(self) -> dict[str, Any]:
        return {
            "edges": list(self.edges),
            "parent": self.parent,
            "evidence": self.evidence,
            "prior": self.prior,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> NetworkScorer:
        return cls(tuple(state["edges"]), state["parent"], state["evidence"], float(state["prior"]))


@dataclass(frozen=True)
class NaiveScorer(NetworkScorer):
    """No feature depends on another one: their evidence adds up."""

    def contributions(self, features: Floats) -> Floats:
        """What each feature's bin adds to the score."""
        return self._evidence(features)


def fit_naive(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> NaiveScorer:
    """Counts; nothing in it is random."""
    edges = tuple(edges_of(column, BINS[NAIVE]) for column in features.T)
    codes = binned(features, edges)
    parent = np.full(len(edges), -1, dtype=np.int64)
    return NaiveScorer(edges, parent, _evidence(codes, label, parent, _size(edges)), _prior(label))


def fit_network(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> NetworkScorer:
    """Counts, after the tree of the largest mutual information given the label."""
    edges = tuple(edges_of(column, BINS[NETWORK]) for column in features.T)
    codes = binned(features, edges)
    parent = tree_of(information(codes, label, _size(edges)))
    return NetworkScorer(edges, parent, _evidence(codes, label, parent, _size(edges)), _prior(label))


def edges_of(column: Floats, bins: int) -> Floats:
    """Quantiles of the known values, each once: equal values share a bin."""
    known = column[np.isfinite(column)]
    if not len(known):
        return np.empty(0)
    cuts = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf"))
    return cuts[cuts < known.max()]


def binned(features: Floats, edges: tuple[Floats, ...]) -> Ints:
    """0 where unknown, then 1, 2, … upwards; values at a cut belong below it."""
    codes = np.zeros(features.shape, dtype=np.int64)
    for position, cuts in enumerate(edges):
        column = features[:, position]
        codes[:, position] = np.where(np.isnan(column), 0, 1 + np.searchsorted(cuts, column, side="left"))
    return codes


def information(codes: Ints, label: Floats, size: int) -> Floats:
    """Mutual information of every two features given the label; symmetric, 0 with itself."""
    count = codes.shape[1]
    total = np.zeros((count, count))
    for outcome in (0, 1):
        here = codes[label == outcome]
        for i in range(count):
            for j in range(i):
                both = np.bincount(here[:, i] * size + here[:, j], minlength=size * size).reshape(size, size)
                total[i, j] += _information(both) * len(here)
    return (total + total.T) / len(codes)


def tree_of(weight: Floats) -> Ints:
    """The parent of each feature in the heaviest tree that holds them all, grown from the first one (−1)."""
    count = len(weight)
    parent = np.full(count, -1, dtype=np.int64)
    best, outside = weight[0].copy(), np.arange(count) > 0
    parent[1:] = 0
    for _ in range(count - 1):
        joins = int(np.argmax(np.where(outside, best, -np.inf)))
        outside[joins] = False
        nearer = outside & (weight[joins] > best)
        parent[nearer], best[nearer] = joins, weight[joins][nearer]
    return parent


def _information(both: np.ndarray) -> float:
    share = both / max(both.sum(), 1)
    apart = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
    there = share > 0
    return float((share[there] * np.log(share[there] / apart[there])).sum())


def _size(edges: tuple[Floats, ...]) -> int:
    return 2 + max((len(cuts) for cuts in edges), default=0)


def _evidence(codes: Ints, label: Floats, parent: Ints, size: int) -> Floats:
    """log P(bin | parent's bin, left) − log P(bin | parent's bin, stayed); shape (features, bins, bins)."""
    above = _of_parent(codes, parent)
    logs = []
    for outcome in (1, 0):
        here = label == outcome
        tables = [_table(codes[here, f], above[here, f], codes[:, f], size) for f in range(codes.shape[1])]
        logs.append(np.log(np.array(tables)))
    result: Floats = logs[0] - logs[1]
    return result


def _table(own: Ints, above: Ints, everyone: Ints, size: int) -> Floats:
    """P(own bin | parent's bin), drawn towards P(own bin), which is drawn towards that of everyone."""
    overall = (np.bincount(everyone, minlength=size) + 1 / size) / (len(everyone) + 1)
    alone = (np.bincount(own, minlength=size) + SMOOTHING * overall) / (len(own) + SMOOTHING)
    both = np.bincount(above * size + own, minlength=size * size).reshape(size, size)
    result: Floats = (both + SMOOTHING * alone) / (both.sum(axis=1, keepdims=True) + SMOOTHING)
    return result


def _of_parent(codes: Ints, parent: Ints) -> Ints:
    result: Ints = np.where(parent < 0, 0, codes[:, parent])
    return result


def _prior(label: Floats) -> float:
    left = float(label.sum())
    return float(np.log((left + 1) / (len(label) - left + 1)))
