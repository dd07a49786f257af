"""What BG/NBD and MBG/NBD share: a customer may drop out right after a purchase, with their own probability.

While alive a customer buys at rate λ ~ Gamma(r, α); after each chance to drop out they are gone with probability
p ~ Beta(a, b). In BG/NBD the chances are the repeat purchases (`chances_at_first` 0), in MBG/NBD the first purchase
is one too (1). Derivations: Fader, Hardie and Lee (2005); Batislam, Denizel and Filiztekin (2007).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.special import betaln, expit, gammaln, hyp2f1, psi

from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.model import OrderModel
from clm_ml.models.rows import Floats

NAMES = ("r", "alpha", "a", "b")
STARTS = ((0.5, 0.5, 0.5, 1.0), (0.3, 0.1, 1.0, 3.0), (1.0, 1.0, 0.1, 2.0), (2.0, 1.0, 2.0, 10.0))
NEAR_ONE = 1e-4  # a this close to 1: the expectation is read from both sides of the removable 0/0


class GeometricDropout(OrderModel):
    """r, alpha: rate of purchases while alive; a, b: probability of dropping out at each chance."""

    NAMES: ClassVar[tuple[str, ...]] = NAMES
    TIMES: ClassVar[tuple[str, ...]] = ("alpha",)
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = STARTS
    CHANCES_AT_FIRST: ClassVar[int]

    @classmethod
    def log_likelihood(cls, log_params: Floats, cells: Cells) -> tuple[float, Floats]:
        return log_likelihood(log_params, cells, cls.CHANCES_AT_FIRST)

    def alive(self, cells: Cells) -> Floats:
        return alive(self.params, cells, self.CHANCES_AT_FIRST)

    def expected_while_alive(self, cells: Cells, horizon: float) -> Floats:
        return expected_while_alive(self.params, cells, self.CHANCES_AT_FIRST, horizon)

    def order_while_alive(self, cells: Cells, horizon: float) -> Floats:
        return order_while_alive(self.params, cells, horizon)

    def time_to_next(self, cells: Cells, quantile: float) -> Floats:
        return time_to_next(self.params, cells, self.alive(cells), quantile)


def log_likelihood(log_params: Floats, cells: Cells, chances_at_first: int) -> tuple[float, Floats]:
    """The total over customers, and its gradient by the log parameters.

    A customer of x repeat purchases with the last at t, seen until T, is alive, or dropped out at the last chance:
    Γ(r+x)/Γ(r) α^r [B(a, b+k) (α+T)^−(r+x) + B(a+1, b+k−1) (α+t)^−(r+x)] / B(a, b), with k chances.
    """
    r, alpha, a, b = np.exp(log_params)
    x, k = cells.purchases, cells.purchases + chances_at_first
    had_chance = k > 0
    survived = np.where(had_chance, k - 1, 0)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    alive = _each(common + betaln(a, b + k), cells) - (r + cells.frequency) * np.log(alpha + cells.age)
    gone = np.where(had_chance, common + betaln(a + 1, b + survived), -np.inf)
    dead = _each(gone, cells) - (r + cells.frequency) * np.log(alpha + cells.recency)
    each = np.logaddexp(alive, dead)
    q = np.exp(alive - each)  # the probability of being alive
    gradient = _gradient(np.array([r, alpha, a, b]), cells, chances_at_first, q)
    return float(cells.count @ each), gradient


def _gradient(params: Floats, cells: Cells, chances_at_first: int, q: Floats) -> Floats:
    r, alpha, a, b = params
    x, k = cells.purchases, cells.purchases + chances_at_first
    n = cells.count
    of_alive, of_all = _by_purchases(n * q, cells), _by_purchases(n, cells)
    of_dead = np.where(k > 0, of_all - of_alive, 0.0)
    logs = q * np.log(alpha + cells.age) + (1 - q) * np.log(alpha + cells.recency)
    rates = q / (alpha + cells.age) + (1 - q) / (alpha + cells.recency)
    survived = np.maximum(k - 1, 0)
    by_r = of_all @ (psi(r + x) - psi(r) + np.log(alpha)) - n @ logs
    by_alpha = n.sum() * r / alpha - n @ ((r + cells.frequency) * rates)
    shared = psi(a + b) - psi(a + b + k)
    by_a = of_alive @ shared + of_dead @ (shared + 1 / a)
    by_b = of_alive @ (shared + psi(b + k) - psi(b)) + of_dead @ (shared + psi(b + survived) - psi(b))
    return np.array([by_r * r, by_alpha * alpha, by_a * a, by_b * b])


def alive(params: Floats, cells: Cells, chances_at_first: int) -> Floats:
    """The probability that a customer has not dropped out, per cell."""
    r, alpha, a, b = params
    k = cells.frequency + chances_at_first
    chance = np.log(b + np.maximum(k - 1, 0)) - np.log(a)
    odds = chance - (r + cells.frequency) * np.log1p((cells.age - cells.recency) / (alpha + cells.recency))
    return np.where(k > 0, expit(odds), 1.0)


def expected_while_alive(params: Floats, cells: Cells, chances_at_first: int, horizon: float) -> Floats:
    """Expected orders in (T, T+h] of a customer who is alive at T, per cell.

    Fader, Hardie and Lee (2005), equation 10, with Euler's transformation of ₂F₁, so that it cannot overflow.
    """
    a = params[2]
    if abs(a - 1) >= NEAR_ONE:
        return _expected(params, cells, chances_at_first, horizon)
    below, above = params.copy(), params.copy()
    below[2], above[2] = 1 - NEAR_ONE, 1 + NEAR_ONE
    share = (a - below[2]) / (2 * NEAR_ONE)
    low, high = (_expected(side, cells, chances_at_first, horizon) for side in (below, above))
    return (1 - share) * low + share * high


def _expected(params: Floats, cells: Cells, chances_at_first: int, horizon: float) -> Floats:
    r, alpha, a, b = params
    z = horizon / (alpha + cells.age + horizon)
    top = a + b + cells.frequency + chances_at_first - 1
    with np.errstate(all="ignore"):
        series = hyp2f1(a + b + chances_at_first - 1 - r, a - 1, top, z)
        orders = top / (a - 1) * (1 - np.exp((a - 1) * np.log1p(-z)) * series)
    most = (r + cells.frequency) * horizon / (alpha + cells.age)  # of somebody who never drops out
    least = order_while_alive(params, cells, horizon)  # of somebody who drops out after the next one
    wrong = ~((orders >= least * (1 - 1e-9)) & (orders <= most * (1 + 1e-9)))  # hyp2f1 gave up
    for i in np.flatnonzero(wrong):
        orders[i] = _by_quadrature(params, cells, chances_at_first, horizon, int(i))
    return orders


def _by_quadrature(params: Floats, cells: Cells, chances_at_first: int, horizon: float, i: int) -> float:
    """The same for one cell, averaged over p by the trapezoidal rule in log(p / (1−p)), whose errors are < e^−40.

    With a < 1 much of Beta(a, b) is next to p = 0: what p = 0 gives is taken out, and the rest dies away there.
    """
    r, alpha, a, b = params
    left, rate = b + cells.frequency[i] + chances_at_first, horizon / (alpha + cells.age[i])
    c = r + cells.frequency[i]
    nobody_drops = c * rate if a < 1 else 0.0
    step = min(0.2, 0.6 * float(np.sqrt(1 / a + 1 / left)))
    middle = float(np.log(a / left))
    v = np.arange(min(middle, 0.0) - 40 / (a + 1 if a < 1 else a), max(middle, 0.0) + 40 / left, step)
    log_p = -np.logaddexp(0, -v)
    law = np.exp(a * log_p - left * np.logaddexp(0, v) - betaln(a, left))
    orders = -np.expm1(-c * np.log1p(np.exp(log_p) * rate)) / np.exp(log_p)
    return nobody_drops + step * float(law @ (orders - nobody_drops))


def order_while_alive(params: Floats, cells: Cells, horizon: float) -> Floats:
    """The probability of an order in (T, T+h] of a customer who is alive at T: they drop out only after one."""
    r, alpha = params[:2]
    return -np.expm1(-(r + cells.frequency) * np.log1p(horizon / (alpha + cells.age)))


def time_to_next(params: Floats, cells: Cells, is_alive: Floats, quantile: float) -> Floats:
    """When so large a share of like customers has ordered again; infinite where fewer ever do."""
    r, alpha = params[:2]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        of_alive = np.log1p(-np.minimum(quantile / is_alive, 1.0))
        time = (alpha + cells.age) * np.expm1(-of_alive / (r + cells.frequency))
    return np.where(quantile < is_alive, time, np.inf)


def _each(by_purchases: Floats, cells: Cells) -> Floats:
    return by_purchases[cells.which]


def _by_purchases(values: Floats, cells: Cells) -> Floats:
    sums: Floats = np.bincount(cells.which, values, minlength=len(cells.purchases)).astype(float)
    return sums
