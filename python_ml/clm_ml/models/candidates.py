"""Who competes: the rules that are possible, and the families of models behind one small interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from clm_ml.errors import UsageError
from clm_ml.models import (
    boosting,
    decision_tree,
    forest,
    kernel_svm,
    linear_svm,
    logistic,
    naive_bayes,
    neighbours,
    perceptron,
    recurrent,
    rules,
    till_you_die,
)
from clm_ml.models.rows import Floats, Rows
from clm_ml.models.trees import TreeScorer

DEFAULT = (logistic.NAME, forest.NAME, boosting.NAME, till_you_die.NAME)
HORIZON_DAYS = 90
SEQUENCE_ROWS = 20_000


class Scorer(Protocol):
    """Something fitted: features in, a score out, higher is likelier to churn."""

    def score(self, features: Floats) -> Floats: ...

    def state(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Candidate:
    """A model or a rule, before it is fitted."""

    name: str
    fit: Callable[[Floats, Floats, tuple[str, ...], int], Scorer]
    is_rule: bool = False
    fit_rows: int = 0
    settings: Any = None
    reads_sequence: bool = False

    def rows(self, rows: Rows) -> Rows:
        """The rows as it reads them."""
        return rows.with_steps() if self.reads_sequence else rows

    def blocks(self, rows: Rows) -> Iterator[Rows]:
        """The same, no more at a time than there is room for."""
        if not self.reads_sequence:
            yield rows
            return
        for part in np.array_split(np.arange(len(rows)), max(1, -(-len(rows) // SEQUENCE_ROWS))):
            yield self.rows(rows.take(part))


_LEARNERS: dict[str, tuple[Callable[[Floats, Floats, tuple[str, ...], int], Scorer], dict[str, Any]]] = {
    logistic.NAME: (logistic.fit, logistic.SETTINGS),
    forest.NAME: (forest.fit, forest.SETTINGS),
    boosting.NAME: (boosting.fit, boosting.SETTINGS),
    decision_tree.NAME: (decision_tree.fit, decision_tree.SETTINGS),
    linear_svm.NAME: (linear_svm.fit, linear_svm.SETTINGS),
    kernel_svm.NAME: (kernel_svm.fit, kernel_svm.SETTINGS),
    neighbours.NAME: (neighbours.fit, neighbours.SETTINGS),
    naive_bayes.NAME: (naive_bayes.fit, naive_bayes.SETTINGS),
    perceptron.NAME: (perceptron.fit, perceptron.SETTINGS),
    recurrent.NAME: (recurrent.fit, recurrent.SETTINGS),
}
_RESTORE: dict[str, Callable[[dict[str, Any]], Scorer]] = {
    logistic.NAME: logistic.LogisticScorer.from_state,
    forest.NAME: TreeScorer.from_state,
    boosting.NAME: TreeScorer.from_state,
    decision_tree.NAME: TreeScorer.from_state,
    linear_svm.NAME: logistic.LogisticScorer.from_state,
    kernel_svm.NAME: kernel_svm.KernelScorer.from_state,
    neighbours.NAME: neighbours.NeighbourScorer.from_state,
    naive_bayes.NAME: naive_bayes.BayesScorer.from_state,
    perceptron.NAME: perceptron.PerceptronScorer.from_state,
    till_you_die.NAME: till_you_die.LifetimeScorer.from_state,
    recurrent.NAME: recurrent.RecurrentScorer.from_state,
    **dict.fromkeys(rules.NEEDED, rules.RuleScorer.from_state),
}
OPTIONAL = (recurrent.NAME,)  # each needs an extra that nothing else needs
MODELS = (*(name for name in _LEARNERS if name not in OPTIONAL), till_you_die.NAME)


def candidates_for(
    names: tuple[str, ...], wanted: tuple[str, ...] = DEFAULT, horizon_days: int = HORIZON_DAYS
) -> list[Candidate]:
    """The rules first, simplest first; then the wanted models whose features are there, in the order of MODELS."""
    return [_rule(rule) for rule in rules.rules_for(names)] + [
        _model(name, horizon_days)
        for name in (*MODELS, *OPTIONAL)
        if name in wanted and (name != till_you_die.NAME or set(till_you_die.NEEDED) <= set(names))
    ]


def wanted_models(text: str | None) -> tuple[str, ...]:
    """`all`, or names separated by commas; the default where nothing is said.

    `all` are those that can be fitted here. Raises UsageError where a name is unknown or needs an extra.
    """
    if text is None:
        return DEFAULT
    if text == "all":
        return (*MODELS, *(OPTIONAL if recurrent.is_installed() else ()))
    named = tuple(name.strip() for name in text.split(",") if name.strip())
    everyone = (*MODELS, *OPTIONAL)
    unknown = [name for name in named if name not in everyone]
    if unknown or not named:
        raise UsageError(
            f"no candidate is called {', '.join(unknown) or repr(text)}", f"they are: {', '.join(everyone)}; or all"
        )
    if recurrent.NAME in named and not recurrent.is_installed():
        raise UsageError(
            f"{recurrent.NAME} needs PyTorch, which is not installed",
            f"install the extra: pip install -e '.[{recurrent.EXTRA}]'; or name other --candidates",
        )
    return named


def restore(algorithm: str, state: dict[str, Any]) -> Scorer:
    """A scorer from what a model file or the register holds."""
    return _RESTORE[algorithm](state)


def _rule(rule: str) -> Candidate:
    def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> Scorer:
        return rules.RuleScorer(rule, names)

    return Candidate(rule, fit, is_rule=True)


def _model(name: str, horizon_days: int) -> Candidate:
    if name == till_you_die.NAME:
        return _till_you_die(horizon_days)
    fit, settings = _LEARNERS[name]
    reads_sequence = name == recurrent.NAME
    return Candidate(name, fit, fit_rows=settings["fit_rows"], settings=settings, reads_sequence=reads_sequence)


def _till_you_die(horizon_days: int) -> Candidate:
    def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> Scorer:
        return till_you_die.fit(features, names, horizon_days)

    settings = till_you_die.SETTINGS
    return Candidate(till_you_die.NAME, fit, fit_rows=settings["fit_rows"], settings=settings)
