"""Who competes: the rules that are possible, and the three models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from clm_ml.models import boosting, forest, logistic, rules
from clm_ml.models.rows import Floats


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


def candidates_for(names: tuple[str, ...]) -> list[Candidate]:
    """The rules first, simplest first; then the models."""
    models = [
        Candidate(module.NAME, module.fit, fit_rows=module.SETTINGS["fit_rows"], settings=module.SETTINGS)
        for module in (logistic, forest, boosting)
    ]
    return [_rule(rule) for rule in rules.rules_for(names)] + models


def restore(algorithm: str, state: dict[str, Any]) -> Scorer:
    """A scorer from what a model file or the register holds."""
    if algorithm == logistic.NAME:
        return logistic.LogisticScorer.from_state(state)
    if algorithm in rules.NEEDED:
        return rules.RuleScorer(state["rule"], tuple(state["names"]))
    from clm_ml.models.trees import TreeScorer

    return TreeScorer.from_state(state)


def _rule(rule: str) -> Candidate:
    def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> Scorer:
        return rules.RuleScorer(rule, names)

    return Candidate(rule, fit, is_rule=True)
