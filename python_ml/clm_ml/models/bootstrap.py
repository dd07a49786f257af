"""Intervals by drawing customers with replacement: a customer's rows are drawn together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from clm_ml.models.metrics import METRICS, Ties, auc, figures, fitted, log_losses, point
from clm_ml.models.rows import Floats, Ints

RESAMPLES = 400
_CELLS_AT_ONCE = 1_000_000
_DRAWS_KEPT = 20_000_000  # 80 MB, of each of two


def resamples(customers: Ints, count: int, seed: int) -> Iterator[Floats]:
    """Row weights, a block of resamples at a time; the same seed gives the same draws for every candidate."""
    people = int(customers.max()) + 1
    at_once = max(1, _CELLS_AT_ONCE // len(customers))
    if people * count <= _DRAWS_KEPT:
        kept = _kept(people, count, seed)
        blocks: Iterable[Ints] = (kept[first : first + at_once] for first in range(0, count, at_once))
    else:
        blocks = _drawn(people, count, seed, at_once)
    for block in blocks:
        yield block[:, customers].astype(float)


def _drawn(people: int, count: int, seed: int, at_once: int) -> Iterator[Ints]:
    """How often each one is drawn; shape (resamples, people)."""
    rng = np.random.default_rng([seed, 7])
    for first in range(0, count, at_once):
        yield rng.multinomial(people, np.full(people, 1 / people), size=min(at_once, count - first))


@lru_cache(maxsize=2)
def _kept(people: int, count: int, seed: int) -> Ints:
    """To draw costs more than most figures do, and every candidate's are of the same draws."""
    return next(_drawn(people, count, seed, count)).astype(np.int32)


def with_intervals(
    label: Floats, probability: Floats, rank: Floats, customers: Ints, seed: int, count: int = RESAMPLES
) -> dict[str, tuple[float, float, float]]:
    """Per metric the figure and its 95 % interval; NaN where it cannot be had.

    ECE is biased upwards in resamples, so its interval is reflected about the figure (basic bootstrap, not below 0).
    """
    fit = fitted(label, probability)
    blocks = [figures(label, probability, rank, weights, fit) for weights in resamples(customers, count, seed)]
    drawn = {name: np.concatenate([block[name] for block in blocks]) for name in METRICS}
    here = point(label, probability, rank)
    result = {}
    for name in METRICS:
        low, high = percentiles(drawn[name])
        if name == "ece":
            low, high = max(0.0, 2 * here[name] - high), max(here[name], 2 * here[name] - low)
        result[name] = (here[name], low, high)
    return result


def gain(
    label: Floats,
    model: tuple[Floats, Floats],
    rule: tuple[Floats, Floats],
    customers: Ints,
    seed: int,
    count: int = RESAMPLES,
) -> dict[str, tuple[float, float, float]]:
    """What the model adds to the rule on the same customers, AUC and log loss; above 0 is better.

    `model` and `rule` are (probability, rank).
    """
    saved = log_losses(label, rule[0]) - log_losses(label, model[0])

    def both(weights: Floats) -> tuple[Floats, Floats]:
        more = auc(Ties.of(label, model[1], weights)) - auc(Ties.of(label, rule[1], weights))
        return more, weights @ saved / weights.sum(axis=1)

    blocks = [both(weights) for weights in resamples(customers, count, seed)]
    here = both(np.ones((1, len(label))))
    return {
        name: (float(here[i][0]), *percentiles(np.concatenate([block[i] for block in blocks])))
        for i, name in enumerate(("auc_gain_over_rule", "log_loss_gain_over_rule"))
    }


def percentiles(drawn: Floats, share: float = 0.95) -> tuple[float, float]:
    """The middle `share` of the draws; NaN where more than a tenth of them have no value."""
    known = drawn[np.isfinite(drawn)]
    if len(known) < 0.9 * len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)
