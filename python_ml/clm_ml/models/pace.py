"""What is not known about a customer whose probability is known: whether they are there, and their own pace.

Customers of one score differ. From what those who came back did in the horizon (how many purchase days), and from the
share that did not come back at all (the calibrated probability), three numbers are estimated by maximum likelihood:

k        whoever is there orders at random at an own pace; among customers of one score it is Gamma with shape k
slowest  the mean purchase days in the horizon of the slowest score. Where the probability of no order is above what
         this pace explains, the rest is the probability of being gone already: those never order again
leaves   the share of those who are there that leaves in the horizon, on any day of it

So given the score a customer's own probability of no order is 1 with the probability of being gone, and otherwise
that of a pace drawn from the Gamma: a distribution whose mean is the published probability. Its middle 90 % are the
interval. Errors of the score itself are in it too, as it is estimated on customers that the score has never seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaincinv, gammaln

from clm_ml.models.calibration import sigmoid
from clm_ml.models.rows import Floats

OUTSIDE = 0.10  # of a 90 % interval
FEWEST = 30  # customers who came back, to estimate from
STARTS = ((1.5, -1.0, -3.0), (3.0, -1.0, -3.0))
BOUNDS = ((-1.0, 6.0), (-6.0, 3.0), (-7.0, 0.0))  # log k, log slowest, logit of leaves
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)
STAYED, STAY_WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2  # the part of the horizon before somebody leaves
PACES = np.exp(np.linspace(-12.0, 6.0, 721))  # mean purchase days in the horizon
CELL = 0.02  # of the log odds: rows this near are one cell


@dataclass(frozen=True)
class Pace:
    """k, slowest and leaves as above."""

    k: float
    slowest: float
    leaves: float

    def widened(self, variance: float) -> Pace:
        """The same where the level of the log odds is itself uncertain: so much more spread of the paces."""
        return replace(self, k=1 / (1 / self.k + variance))

    def interval(self, probability: Floats) -> tuple[Floats, Floats]:
        """The ends of 90 %: 5 % on either side; where being gone is likelier than that, 10 % below and none above."""
        mean, gone = self.states(probability)
        may_be_gone = gone > OUTSIDE / 2
        low = self._quantile(mean, gone, np.where(may_be_gone, OUTSIDE, OUTSIDE / 2))
        high = np.where(may_be_gone, 1.0, self._quantile(mean, gone, np.full(len(mean), 1 - OUTSIDE / 2)))
        return np.minimum(low, probability), np.maximum(high, probability)

    def states(self, probability: Floats) -> tuple[Floats, Floats]:
        """Per customer: the mean purchase days in the horizon of somebody who is there, and P(gone already)."""
        none = self.count_probability(np.zeros(1), PACES)
        mean = np.exp(np.interp(-np.log(probability), -np.log(none), np.log(PACES)))
        mean = np.maximum(mean, self.slowest)
        there = self.count_probability(np.zeros(1), mean)
        return mean, np.clip((probability - there) / (1 - there), 0.0, 1.0)

    def count_probability(self, count: Floats, mean: Floats) -> Floats:
        """The probability of so many purchase days in the horizon of somebody who is there, by mean pace."""
        left = sum(w * _negative_binomial(count, self.k, mean * u) for u, w in zip(STAYED, STAY_WEIGHTS, strict=True))
        return (1 - self.leaves) * _negative_binomial(count, self.k, mean) + self.leaves * left

    def _quantile(self, mean: Floats, gone: Floats, share: Floats) -> Floats:
        """Of the customer's own probability: 1 for whoever is gone, else falling with their pace."""
        within = np.clip(share / np.maximum(1 - gone, 1e-12), 0.0, 1.0)
        pace = np.maximum(gammaincinv(self.k, 1 - within) * mean / self.k, 1e-9)
        own = (1 - self.leaves) * np.exp(-pace) - self.leaves * np.expm1(-pace) / pace
        return np.where(within < 1, own, 1.0)


def fit_pace(log_odds: Floats, count: Floats) -> Pace | None:
    """Maximum likelihood from customers who came back: their log odds of not doing so, and on how many days they did.

    None where there are fewer than 30.
    """
    back = np.isfinite(log_odds) & (count > 0)
    if back.sum() < FEWEST:
        return None
    near, days = np.round(log_odds[back] / CELL), count[back]
    cells, weight = np.unique(np.column_stack([near, days]), axis=0, return_counts=True)
    probability, days = sigmoid(cells[:, 0] * CELL), cells[:, 1]

    def loss(at: Floats) -> float:
        pace = _at(at)
        mean, _ = pace.states(probability)
        came = 1 - pace.count_probability(np.zeros(1), mean)
        return -float(weight @ np.log(pace.count_probability(days, mean) / came)) / float(weight.sum())

    found = [minimize(loss, start, method="L-BFGS-B", bounds=BOUNDS) for start in STARTS]
    return _at(min(found, key=lambda one: float(one.fun)).x)


def _at(point: Floats) -> Pace:
    return Pace(float(np.exp(point[0])), float(np.exp(point[1])), float(expit(point[2])))


def _negative_binomial(count: Floats, k: float, mean: Floats) -> Floats:
    log_none = -k * np.log1p(mean / k)
    times = count * (np.log(mean) - np.log(mean + k))
    result: Floats = np.exp(gammaln(count + k) - gammaln(k) - gammaln(count + 1) + log_none + times)
    return result
