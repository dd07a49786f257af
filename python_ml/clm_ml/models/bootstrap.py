"""Intervals by drawing customers with replacement: a customer's rows are drawn together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clm_ml.models.metrics import METRICS, Ties, auc, figures, log_losses, point
from clm_ml.models.rows import Floats, Ints

RESAMPLES = 400
_CELLS_AT_ONCE = 4_000_000


def resamples(customers: Ints, count: int, seed: int) -> Iterator[Floats]:
    """Row weights, a block of resamples at a time; the same seed gives the same draws for every candidate."""
    rng = np.random.default_rng([seed, 7])
    people = int(customers.max()) + 1
    at_once = max(1, _CELLS_AT_ONCE // len(customers))
    for first in range(0, count, at_once):
        size = min(at_once, count - first)
        drawn = rng.multinomial(people, np.full(people, 1 / people), size=size)
        yield drawn[:, customers].astype(float)


def with_intervals(
    label: Floats, probability: Floats, rank: Floats, customers: Ints, seed: int, count: int = RESAMPLES
) -> dict[str, tuple[float, float, float]]:
    """Per metric the figure and its 95 % interval; NaN where it cannot be had.

    ECE is biased upwards in resamples, so its interval is reflected about the figure (basic bootstrap, not below 0).
    """
    blocks = [figures(label, probability, rank, weights) for weights in resamples(customers, count, seed)]
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
