"""What is not known about a customer whose probability is known: whether they are there, and their own pace.

Customers of one score differ. Three numbers say how, k and slowest by maximum likelihood from what those who came
back did in the horizon (how many purchase days) beside the share that did not (the calibrated probability):

k        whoever is there orders at random at an own pace; among customers of one score it is Gamma with shape k
slowest  the mean purchase days in the horizon of the slowest score. Where the probability of no order is above what
         this pace explains, the rest is the probability of being gone already: those never order again
leaves   the share of those who are there that leaves in the horizon, on any day of it: by how much the probability of
         being gone has grown when the same customers are scored a horizon later

So given the score a customer's own probability of no order is 1 with the probability of being gone, and otherwise
that of a pace drawn from the Gamma: a distribution whose mean is the published probability. Its middle 90 % are the
interval. Errors of the score itself are in it too, as it is estimated on customers that the score has never seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammaincinv, gammaln

from clm_ml.models.calibration import sigmoid
from clm_ml.models.rows import Floats

OUTSIDE = 0.10  # of a 90 % interval
FEWEST = 30  # customers who came back, to estimate from
STARTS = ((1.5, -1.0), (3.0, -1.0))
BOUNDS = ((-1.0, 6.0), (-6.0, 3.0))  # log k, log slowest
MOST_LEAVE = 0.5
ROUNDS = 2  # slowest and leaves know little of each other
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
        high, there = np.ones(len(mean)), ~may_be_gone
        high[there] = self._quantile(mean[there], gone[there], np.full(int(there.sum()), 1 - OUTSIDE / 2))
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


@dataclass(frozen=True)
class Seen:
    """Customers of known outcome: log odds of no order, purchase days in the horizon, who, when. One row each."""

    log_odds: Floats
    count: Floats
    customer: npt.NDArray[np.object_]
    day: npt.NDArray[np.datetime64]


def pace_of(seen: Seen, horizon_days: int) -> Pace | None:
    """All three numbers. None where fewer than 30 came back; nobody leaves where no two dates are a horizon apart."""
    pace = fit_pace(seen.log_odds, seen.count, 0.0)
    for _ in range(ROUNDS if pace else 0):
        assert pace is not None
        pace = fit_pace(seen.log_odds, seen.count, leaving(pace, seen, horizon_days))
    return pace


def fit_pace(log_odds: Floats, count: Floats, leaves: float) -> Pace | None:
    """k and slowest by maximum likelihood from customers who came back: their log odds, and on how many days.

    None where there are fewer than 30.
    """
    back = np.isfinite(log_odds) & (count > 0)
    if back.sum() < FEWEST:
        return None
    near, days = np.round(log_odds[back] / CELL), count[back]
    cells, weight = np.unique(np.column_stack([near, days]), axis=0, return_counts=True)
    probability, days = sigmoid(cells[:, 0] * CELL), cells[:, 1]

    def at(point: Floats) -> Pace:
        return Pace(float(np.exp(point[0])), float(np.exp(point[1])), leaves)

    def loss(point: Floats) -> float:
        pace = at(point)
        mean, _ = pace.states(probability)
        came = 1 - pace.count_probability(np.zeros(1), mean)
        return -float(weight @ np.log(pace.count_probability(days, mean) / came)) / float(weight.sum())

    found = [minimize(loss, start, method="L-BFGS-B", bounds=BOUNDS) for start in STARTS]
    return at(min(found, key=lambda one: float(one.fun)).x)


def leaving(pace: Pace, seen: Seen, horizon_days: int) -> float:
    """Of those who are there, the share that is gone a horizon later, from customers scored on both dates."""
    known = np.isfinite(seen.log_odds)
    gone = pace.states(sigmoid(seen.log_odds[known]))[1]
    customer, day = seen.customer[known].astype(str), seen.day[known].astype("datetime64[D]")
    days = np.unique(day)
    grown = there = waited = 0.0
    for first in days:
        later = days[days >= first + np.timedelta64(horizon_days, "D")]
        if not len(later):
            break
        here, then = day == first, day == later[0]
        _, a, b = np.intersect1d(customer[here], customer[then], return_indices=True)
        before, after = gone[here][a], gone[then][b]
        grown += float((after - before).sum())
        there += float((1 - before).sum())
        waited += float((1 - before).sum()) * float((later[0] - first).astype(int)) / horizon_days
    if there == 0:
        return 0.0
    return float(np.clip(1 - (1 - np.clip(grown / there, 0, 1)) ** (there / waited), 0.0, MOST_LEAVE))


def _negative_binomial(count: Floats, k: float, mean: Floats) -> Floats:
    log_none = -k * np.log1p(mean / k)
    if not count.any():
        return np.exp(log_none)
    times = count * (np.log(mean) - np.log(mean + k))
    result: Floats = np.exp(gammaln(count + k) - gammaln(k) - gammaln(count + 1) + log_none + times)
    return result
