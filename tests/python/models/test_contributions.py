"""Contributions add up to the score, of every kind of model, and are Shapley values where they claim to be."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from clm_ml.models import logistic, naive_bayes, shapley
from clm_ml.models.calibration import Platt
from clm_ml.models.contributions import contributions, score_alone
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.logistic import score_of
from clm_ml.models.reasons import _as_said, explain, say_feature, topics_of
from clm_ml.models.rules import RuleScorer
from clm_ml.models.trees import TreeScorer

NAMES = ("recency_days", "typical_gap_days", "frequency_count", "complaint_count_365d", "monetary_amount")
PLATT = Platt(-0.2, 0.8, (0.01, 0.0, 0.01))


def shop(count: int = 400, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Customers with values in cents, some of them unknown, and who left."""
    rng = np.random.default_rng(seed)
    features = np.exp(rng.normal(2, 1.5, (count, len(NAMES)))).round(2)
    features[rng.random((count, len(NAMES))) < 0.2] = np.nan
    pull = np.nan_to_num(np.log(features[:, 0])) * np.isnan(features[:, 1]) - 0.4 * np.nan_to_num(features[:, 3] < 5)
    return features, (rng.random(count) < 1 / (1 + np.exp(1 - pull))).astype(float)


def member(name: str, seed: int = 0) -> TreeScorer:
    """A small fitted model of one of the candidate families."""
    features, label = shop()
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.tree import DecisionTreeClassifier

    estimator = {
        "forest": RandomForestClassifier(6, max_depth=5, min_samples_leaf=4, max_samples=0.5, random_state=seed),
        "boosting": HistGradientBoostingClassifier(max_iter=8, min_samples_leaf=8, random_state=seed),
        "tree": DecisionTreeClassifier(max_depth=5, min_samples_leaf=4, random_state=seed),
    }[name]
    return TreeScorer(estimator.fit(features[seed:], label[seed:]))


class Curved:
    """A score that is no sum: only .score() is known of it."""

    def score(self, features: np.ndarray) -> np.ndarray:
        known = np.log1p(np.nan_to_num(features))
        return np.tanh(known[:, 0] - known[:, 2]) * known[:, 3] + np.sqrt(known.sum(axis=1))

    def state(self) -> dict:
        return {}


def by_hand(score, customer: np.ndarray, person: np.ndarray, players: list[list[int]]) -> np.ndarray:
    """Shapley values from their definition, over every coalition."""
    count = len(players)
    coalitions = [c for size in range(count + 1) for c in combinations(range(count), size)]
    mixed = np.tile(person, (len(coalitions), 1))
    for row, coalition in enumerate(coalitions):
        for player in coalition:
            mixed[row, players[player]] = customer[players[player]]
    worth = dict(zip(coalitions, score(mixed), strict=True))
    values = np.zeros(count)
    for coalition in coalitions:
        for player in set(range(count)) - set(coalition):
            weight = factorial(len(coalition)) * factorial(count - len(coalition) - 1) / factorial(count)
            values[player] += weight * (worth[tuple(sorted((*coalition, player)))] - worth[coalition])
    return values


@pytest.mark.parametrize("name", ["boosting", "forest", "tree"])
def test_of_trees_they_are_the_shapley_values(name):
    scorer, features = member(name), shop()[0]
    people, customers = features[[3, 50, 120]], features[200:212]
    probability = lambda x: scorer.estimator.predict_proba(x)[:, 1]  # noqa: E731
    found = shapley.of_trees(scorer, customers, people)
    for row, customer in enumerate(customers):
        expected = np.zeros(len(NAMES))
        for person in people:
            if name == "boosting":
                expected += by_hand(scorer.score, customer, person, [[i] for i in range(5)])
                continue
            at, own = probability(customer[None])[0], probability(person[None])[0]
            factor = 0 if at == own else (score_of(at) - score_of(own)) / (at - own)
            expected += factor * by_hand(probability, customer, person, [[i] for i in range(5)])
        assert found[row] == pytest.approx(expected / 3, abs=1e-6)


def small_trees(count: int = 3) -> list[TreeScorer]:
    """Members with few leaves, as the candidate has them; unknown values are new to what the last one has learned."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    features, label = shop()
    known = np.where(np.isnan(features), 3.0, features)
    learned = [*(features[i:] for i in range(count - 1)), known[count - 1 :]]
    return [
        TreeScorer(
            HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=7, min_samples_leaf=8, random_state=i)
            .fit(one, label[i:])
        )
        for i, one in enumerate(learned)
    ]  # fmt: skip


def at_their_thresholds(members: list[TreeScorer], features: np.ndarray) -> np.ndarray:
    """The customers, some of whose values are a threshold, or the next number above it."""
    nodes = np.concatenate([one.nodes for m in members for (one,) in m.estimator._predictors])
    inner = nodes[nodes["is_leaf"] == 0]
    edged = features.copy()
    for row, node in enumerate(inner[: len(features)]):
        edge = node["num_threshold"]
        edged[row, node["feature_idx"]] = edge if row % 2 else np.nextafter(edge, np.inf)
    return edged


def test_small_trees_score_as_scikit_learn_does_to_the_last_bit_and_are_shapley_values():
    members, people = small_trees(), shop()[0][[3, 50, 120, 260]]
    customers = at_their_thresholds(members, shop(80, 9)[0])
    values = shapley.TreeValues(members, people)
    assert values._small is not None
    scores, parts = values.read(customers)
    assert np.isnan(customers).any()
    assert (scores == [member.score(customers) for member in members]).all()
    alone = score_alone(Ensemble("boosting", NAMES, tuple(members), PLATT, (0, 1, 2)))
    assert (alone(customers) == scores.mean(axis=0)).all()
    mean = lambda x: np.mean([member.score(x) for member in members], axis=0)  # noqa: E731
    for row in (0, 1, 2, 3, 40, 41):
        expected = sum(by_hand(mean, customers[row], person, [[i] for i in range(5)]) for person in people) / 4
        assert parts[row] == pytest.approx(expected, abs=1e-6)
    assert np.abs(parts.sum(axis=1) - (mean(customers) - mean(people).mean())).max() < 1e-12


def test_trees_in_tables_are_explained_as_trees_at_large_are(monkeypatch):
    members, people = small_trees(), shop()[0][[3, 50, 120, 260]]
    customers = at_their_thresholds(members, shop(80, 9)[0])
    in_tables = shapley.TreeValues(members, people).read(customers)[1]
    monkeypatch.setattr(shapley, "are_small", lambda trees: False)
    assert np.abs(shapley.TreeValues(members, people).read(customers)[1] - in_tables).max() < 1e-7


def test_of_any_score_they_are_exact_where_no_three_topics_act_together():
    features = np.nan_to_num(shop()[0], nan=1.0)
    pairs = lambda x: np.log(x[:, 0]) * np.log(x[:, 2]) + np.log(x[:, 3]) * np.log(x[:, 4]) + x[:, 1]  # noqa: E731
    topic = topics_of(NAMES)[1]
    found = shapley.of_topics(pairs, features[200:220], features[:2], topic)
    for row, customer in enumerate(features[200:220]):
        expected = sum(by_hand(pairs, customer, person, [[0, 1], [2], [3], [4]]) for person in features[:2]) / 2
        assert found[row] == pytest.approx(expected, abs=1e-9)


def test_trees_of_one_leaf_add_nothing():
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.tree import DecisionTreeClassifier

    features, label = shop()
    boosting = HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=900)
    for estimator in (boosting, DecisionTreeClassifier(min_samples_leaf=300)):
        scorer = TreeScorer(estimator.fit(features, label))
        assert (shapley.of_trees(scorer, features[:9], features[[3, 50]]) == 0).all()


def ensemble(kind: str) -> Ensemble:
    features, label = shop()
    if kind == "curved":
        members = (Curved(), Curved())
    elif kind in ("recency", "recency_by_own_gap", "base_rate"):
        members = (RuleScorer(kind, NAMES), RuleScorer(kind, NAMES))
    elif kind in ("logistic_regression", "naive_bayes"):
        fit = {"logistic_regression": logistic.fit, "naive_bayes": naive_bayes.fit}[kind]
        members = tuple(fit(features[i::2], label[i::2], NAMES, i) for i in (0, 1))
    else:
        members = tuple(member(kind, seed) for seed in (0, 1, 2))
    return Ensemble(kind, NAMES, members, PLATT, tuple(range(len(members))))


KINDS = [
    "logistic_regression",
    "naive_bayes",
    "recency",
    "recency_by_own_gap",
    "base_rate",
    "forest",
    "boosting",
    "tree",
    "curved",
]


@pytest.mark.parametrize("kind", KINDS)
def test_baseline_and_contributions_add_up_to_the_log_odds_of_every_customer(kind):
    model, features = ensemble(kind), shop(300, 9)[0]
    features[0] = np.nan
    reference = shop()[0][[3, 50, 120, 260]]
    found = contributions(model, features, reference, topics_of(NAMES)[1])
    assert np.abs(found.baseline + found.parts.sum(axis=1) - model.logit(features)).max() < 1e-9
    told = explain(model, features, reference)
    assert told.baseline == found.baseline
    rest = np.nansum(told.contribution, axis=1) + told.other + told.baseline - model.logit(features)
    assert np.abs(rest).max() < 1e-9
    for place, (text, topic) in enumerate(zip(told.text, told.topic, strict=True)):
        assert topic.is_null().to_pylist() == text.is_null().to_pylist()
        assert topic.is_null().to_pylist() == np.isnan(told.contribution[:, place]).tolist()
    assert np.abs(told.score * PLATT.slope + PLATT.intercept - model.logit(features)).max() < 1e-9
    assert (np.abs(told.contribution[:, 0]) > 1e-9).any() == (kind != "base_rate")


def test_values_that_are_told_as_one_are_put_in_the_same_words():
    rng = np.random.default_rng(1)
    plain = np.r_[
        np.arange(30), rng.uniform(0, 30, 3_000), rng.uniform(0, 3, 3_000), -rng.uniform(0, 30, 300), np.nan
    ]
    halves = np.r_[np.arange(0, 60) / 2, np.arange(0, 60) / 2 + 1e-9, np.arange(400) / 200]
    values = np.r_[plain, halves, rng.uniform(900, 1_100, 3_000)]
    for name in (*NAMES, "refund_rate_365d", "days_since_last_visit", "activity_trend_ratio", "is_unsubscribed"):
        said: dict[str, set[str]] = {}
        for key, value in zip(_as_said(name, values).tolist(), values, strict=True):
            said.setdefault(str(key), set()).add(say_feature((name,), 0, np.array([value])))
        assert all(len(words) == 1 for words in said.values()), name


@pytest.mark.parametrize("kind", ["logistic_regression", "forest", "boosting"])
def test_a_customer_is_explained_alike_in_any_company(kind):
    model, features, reference = ensemble(kind), shop(300, 9)[0], shop()[0][[3, 50, 120, 260]]
    topic = topics_of(NAMES)[1]
    whole = contributions(model, features, reference, topic).parts
    assert (contributions(model, features[77:90], reference, topic).parts == whole[77:90]).all()


def test_a_sum_that_is_missed_is_an_error(monkeypatch):
    scorer, features = member("boosting"), shop()[0]
    monkeypatch.setattr(shapley._Trees, "ranks", lambda self, values: np.nan_to_num(values))
    with pytest.raises(ArithmeticError, match="miss their sum"):
        shapley.of_trees(scorer, features[:50], features[[60]])
