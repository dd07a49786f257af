"""Pareto/NBD: a customer buys at rate λ ~ Gamma(r, α) until a lifetime ends at rate μ ~ Gamma(s, β).

Schmittlein, Morrison and Colombo (1987), in the form of Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD
Model and Related Expressions".
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.special import gammaln

from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.maximum import by_differences
from clm_ml.models.btyd.model import OrderModel
from clm_ml.models.btyd.tail import log_tail
from clm_ml.models.rows import Floats

FAR = 1e9  # in units of (α + T): a next order later than this is no date
HALVINGS = 64


class ParetoNbd(OrderModel):
    """r, alpha: rate of purchases while alive; s, beta: rate at which lifetimes end."""

    NAME: ClassVar[str] = "pareto_nbd"
    NAMES: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    TIMES: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    STARTS: ClassVar[tuple[tuple[float, ...], ...]] = (
        (0.5, 0.5, 0.5, 0.5),
        (1.0, 1.0, 0.1, 1.0),
        (0.3, 0.1, 1.0, 3.0),
        (2.0, 1.0, 2.0, 0.5),
    )

    @classmethod
    def log_likelihood(cls, log_params: Floats, cells: Cells) -> tuple[float, Floats]:
        """Its gradient is taken by differences: ₂F₁ has no handy derivative by its parameters."""

        def value(at: Floats) -> float:
            return float(cells.count @ log_likelihood_each(np.exp(at), cells))

        return value(log_params), by_differences(value, log_params)

    def alive(self, cells: Cells) -> Floats:
        r, alpha, s, beta = self.params
        here = -(r + cells.frequency) * np.log(alpha + cells.age) - s * np.log(beta + cells.age)
        return np.exp(np.minimum(here - _dead_or_not(self.params, cells), 0.0))

    def expected_while_alive(self, cells: Cells, horizon: float) -> Floats:
        """Fader and Hardie (2005), equation 41; s = 1 is no exception."""
        r, alpha, s, beta = self.params
        span = np.log1p(horizon / (beta + cells.age))
        power = (s - 1) * span
        with np.errstate(invalid="ignore", divide="ignore"):
            shrink = np.where(np.abs(power) < 1e-12, 1.0, -np.expm1(-power) / power)
        return (r + cells.frequency) * (beta + cells.age) / (alpha + cells.age) * span * shrink

    def order_while_alive(self, cells: Cells, horizon: float | Floats) -> Floats:
        """∫₀^h of the density of the next order, times that of living until then."""
        r, alpha, s, beta = self.params
        m, a, b = r + cells.frequency, alpha + cells.age, beta + cells.age
        whole = log_tail(m + 1, s, a, b)
        later = log_tail(m + 1, s, a + horizon, b + horizon)
        ever = np.exp(np.log(m) + m * np.log(a) + s * np.log(b) + whole)
        return np.clip(-ever * np.expm1(np.minimum(later - whole, 0.0)), 0.0, 1.0)

    def time_to_next(self, cells: Cells, quantile: float) -> Floats:
        """By bisection of the log time."""
        scale, is_alive = self.params[1] + cells.age, self.alive(cells)
        low, high = np.full(len(scale), np.log(1e-12)), np.full(len(scale), np.log(FAR))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            enough = is_alive * self.order_while_alive(cells, scale * np.exp(middle)) >= quantile
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.where(high < np.log(FAR) - 1e-6, scale * np.exp(high), np.inf)


def log_likelihood_each(params: Floats, cells: Cells) -> Floats:
    """Per cell, of one customer: Γ(r+x)/Γ(r) α^r β^s, times what `_dead_or_not` says."""
    r, alpha, s, beta = params
    per_purchases = gammaln(r + cells.purchases) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return per_purchases[cells.which] + _dead_or_not(params, cells)


def _dead_or_not(params: Floats, cells: Cells) -> Floats:
    """log of s ∫_t^∞ (α+y)^−(r+x) (β+y)^−(s+1) dy + (r+x) ∫_T^∞ (α+y)^−(r+x+1) (β+y)^−s dy: only sums."""
    r, alpha, s, beta = params
    m = r + cells.frequency
    since_last = np.log(s) + log_tail(m, s + 1, alpha + cells.recency, beta + cells.recency)
    from_now = np.log(m) + log_tail(m + 1, s, alpha + cells.age, beta + cells.age)
    return np.logaddexp(since_last, from_now)
