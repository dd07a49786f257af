"""Shapley values: what each feature adds to a score against reference customers, and it adds up to the difference.

Of trees they are exact, by shap's TreeExplainer; of small ones by tables that it fills, see small_trees. It holds
thresholds in single precision, which sends a value near one down the wrong branch: so trees and customers are given
to it in ranks of the thresholds, which are whole numbers. Of any other score they are the mean over orders in which a
reference customer turns into the customer by topics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import numpy as np

from clm_ml.models.logistic import score_of
from clm_ml.models.rows import Floats, Ints
from clm_ml.models.small_trees import SmallTrees, are_small
from clm_ml.models.trees import TreeScorer

CHUNK = 2_000  # rows at a time: shap writes a progress bar of its own from ten seconds on
SINGLE_PRECISION = 1e-6
FORESTS = {"RandomForestClassifier", "ExtraTreesClassifier", "DecisionTreeClassifier"}
BOOSTED = {"HistGradientBoostingClassifier"}


def is_of_trees(scorer: Any) -> TypeGuard[TreeScorer]:
    """Whether the score is made of trees that shap can read."""
    return isinstance(scorer, TreeScorer) and type(scorer.estimator).__name__ in FORESTS | BOOSTED


def of_trees(scorer: TreeScorer, features: Floats, reference: Floats) -> Floats:
    """Per customer and feature, the mean over the reference customers; a row adds up to score − their mean score."""
    return TreeValues((scorer,), reference).read(features)[1]


class TreeValues:
    """The members of a tree model, made ready to be explained against reference customers."""

    def __init__(self, members: Sequence[TreeScorer], reference: Floats) -> None:
        self._small = small_trees(members, reference)
        if self._small is None:
            self._members = [_Explained(member, reference) for member in members]

    def read(self, features: Floats) -> tuple[Floats, Floats]:
        """The members' scores (one row each), and per customer and feature what it adds to their mean."""
        if self._small:
            return self._small.read(features)
        read = [member.read(features) for member in self._members]
        return np.array([score for score, _ in read]), np.mean([parts for _, parts in read], axis=0)


def small_trees(members: Sequence[TreeScorer], reference: Floats | None) -> SmallTrees | None:
    """The members as tables, with contributions where there is a reference; None where trees are large."""
    boosted = [_of_boosting(m.estimator) for m in members if type(m.estimator).__name__ in BOOSTED]
    if len(boosted) < len(members) or not all(map(are_small, boosted)):
        return None
    starts = [float(m.estimator._baseline_prediction.ravel()[0]) for m in members]
    return SmallTrees(starts, boosted, reference)


def of_topics(
    score: Callable[[Floats], Floats], features: Floats, reference: Floats, topic: Ints, reads: Ints | None = None
) -> Floats:
    """Per customer and topic, for any score; a row adds up to score − the reference customers' mean score.

    `topic` is the number of each feature's topic; `reads` are the features that the score reads, where not all:
    topics without one of them add nothing. Each reference customer turns into the customer twice, in the
    topics' order rotated by one step more per reference customer, and back to front: what two topics do together is
    then shared evenly. Exact where no three topics act together, as Shapley values over a sample of orders elsewhere.
    """
    count = int(topic.max()) + 1 if len(topic) else 0
    parts = np.zeros((len(features), count))
    moving = np.unique(topic if reads is None else topic[reads])
    at_last = score(features)
    for number, person in enumerate(reference):
        forward = np.roll(moving, -number)
        for order in (forward, forward[::-1]):
            turned = np.tile(person, (len(features), 1))
            before = np.broadcast_to(score(person[None, :]), len(features))
            for step, one in enumerate(order, start=1):
                turned[:, topic == one] = features[:, topic == one]
                after = at_last if step == len(moving) else score(turned)
                parts[:, one] += after - before
                before = after
    return parts / (2 * len(reference))


class _Explained:
    """One member, with an explainer for each reference customer.

    A forest's trees add up to a probability, its score is the log odds of it: what they add to the probability is
    turned into log odds by one factor per customer and reference customer, (difference of scores) ÷ (difference of
    probabilities). So order, sign and proportions are those of the exact values.
    """

    def __init__(self, scorer: TreeScorer, reference: Floats) -> None:
        self.trees = _Trees(scorer.estimator)
        self.link = score_of if type(scorer.estimator).__name__ in FORESTS else _same
        self.own = self.trees.sums(reference)
        self.explainers = [self.trees.explainer(person) for person in self.trees.ranks(reference)]

    def read(self, features: Floats) -> tuple[Floats, Floats]:
        codes, raw = self.trees.ranks(features), self.trees.sums(features)
        score = self.link(raw)
        parts = np.zeros_like(features)
        for explainer, own in zip(self.explainers, self.own, strict=True):
            values = np.vstack([
                explainer.shap_values(codes[at : at + CHUNK], check_additivity=False)
                for at in range(0, len(codes), CHUNK)
            ])  # fmt: skip
            exact = to_the_last_digit(values, raw - own)
            parts += _as_scores(exact, raw, own, score, float(self.link(np.array(own))))
        return score, parts / len(self.explainers)


class _Trees:
    """An estimator's trees as shap takes them, with ranks for thresholds."""

    def __init__(self, estimator: Any) -> None:
        is_forest = type(estimator).__name__ in FORESTS
        self.estimator = estimator
        self.type: Any = np.float32 if is_forest else np.float64
        self.trees = _of_forest(estimator) if is_forest else _of_boosting(estimator)
        self.count = int(estimator.n_features_in_)
        inner = [(t["features"], t["thresholds"]) for t in self.trees]
        feature, threshold = (np.concatenate([pair[i] for pair in inner]) for i in (0, 1))
        self.edges = [np.unique(threshold[feature == f]) for f in range(self.count)]
        for tree in self.trees:
            tree["thresholds"] = np.array([
                -1.0 if f < 0 else float(np.searchsorted(self.edges[f], t))
                for f, t in zip(tree["features"], tree["thresholds"], strict=True)
            ])  # fmt: skip

    def ranks(self, features: Floats) -> Floats:
        """How many thresholds of its feature each value exceeds: ≤ and > are as before, and NaN stays."""
        ranks = np.empty(features.shape)
        for f, edges in enumerate(self.edges):
            values = features[:, f].astype(self.type).astype(float)
            ranks[:, f] = np.where(np.isnan(values), np.nan, np.searchsorted(edges, values, side="left"))
        return ranks

    def explainer(self, person: Floats) -> Any:
        """shap's explainer against one reference customer, in ranks."""
        import shap

        model = {"trees": self.trees, "input_dtype": np.float64, "internal_dtype": np.float64}
        return shap.TreeExplainer(model, data=person[None, :], feature_perturbation="interventional")

    def sums(self, features: Floats) -> Floats:
        """What the trees add up to: a probability of a forest, log odds of boosting."""
        if hasattr(self.estimator, "decision_function"):
            return np.asarray(self.estimator.decision_function(features), dtype=float)
        return np.asarray(self.estimator.predict_proba(features)[:, 1], dtype=float)


def _of_forest(estimator: Any) -> list[dict[str, Any]]:
    trees = [one.tree_ for one in getattr(estimator, "estimators_", [estimator])]
    return [
        {
            "children_left": t.children_left,
            "children_right": t.children_right,
            "children_default": np.where(t.missing_go_to_left, t.children_left, t.children_right),
            "features": t.feature,
            "thresholds": t.threshold.astype(float),
            "values": t.value[:, 0, 1:2] / t.value[:, 0, :].sum(axis=1, keepdims=True) / len(trees),
            "node_sample_weight": t.weighted_n_node_samples,
        }
        for t in trees
    ]


def _of_boosting(estimator: Any) -> list[dict[str, Any]]:
    trees = []
    for (predictor,) in estimator._predictors:
        n = predictor.nodes
        leaf = n["is_leaf"].astype(bool)
        left, right = (np.where(leaf, -1, n[side].astype(int)) for side in ("left", "right"))
        trees.append(
            {
                "children_left": left,
                "children_right": right,
                "children_default": np.where(n["missing_go_to_left"].astype(bool), left, right),
                "features": np.where(leaf, -2, n["feature_idx"].astype(int)),
                "thresholds": n["num_threshold"].astype(float),
                "values": n["value"].astype(float)[:, None],
                "node_sample_weight": n["count"].astype(float),
            }
        )
    return trees


def to_the_last_digit(values: Floats, difference: Floats) -> Floats:
    """shap weighs in single precision: the rest, below a millionth, is shared out in proportion."""
    rest, size = difference - values.sum(axis=1), np.abs(values)
    total = size.sum(axis=1)
    if np.any(np.abs(rest) > SINGLE_PRECISION * (1 + np.abs(difference))):
        raise ArithmeticError(f"contributions miss their sum by {np.abs(rest).max():.2g}")
    return values + size * np.divide(rest, total, out=np.zeros_like(rest), where=total > 0)[:, None]


def _as_scores(values: Floats, raw: Floats, own: float, score: Floats, own_score: float) -> Floats:
    gap = raw - own
    factor = np.divide(score - own_score, gap, out=np.ones_like(gap), where=np.abs(gap) > 1e-12)
    return values * factor[:, None]


def _same(values: Floats) -> Floats:
    return values
