"""Gamma-Gamma: what an order is worth (Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value").

The values of one customer's orders are Gamma(p, ν), and ν ~ Gamma(q, γ) differs between customers; how much an order
is worth has nothing to do with how often they come. The correlation says how far that holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln, psi

from clm_ml.models.btyd.maximum import Maximum, maximise
from clm_ml.models.rows import Floats

NAMES = ("p", "q", "gamma")
STARTS = ((1.0, 3.0, 2.0), (6.0, 4.0, 0.5), (3.0, 1.5, 0.2))  # with the mean value as the unit of money


@dataclass(frozen=True)
class Spend:
    """Distinct (orders, mean value of an order) with the number of customers; values in the caller's currency."""

    orders: Floats
    mean: Floats
    count: Floats

    @classmethod
    def of(cls, orders: Floats, mean: Floats) -> Spend:
        """Customers, grouped; those without an order or without a positive mean say nothing and are left out."""
        rows = np.column_stack([orders, mean]).astype(float)
        known = (rows[:, 0] > 0) & (rows[:, 1] > 0) & np.isfinite(rows[:, 1])
        cells, count = np.unique(rows[known], axis=0, return_counts=True)
        return cls(cells[:, 0], cells[:, 1], count.astype(float))

    @property
    def customers(self) -> float:
        return float(self.count.sum())

    @property
    def correlation(self) -> float:
        """Pearson, of orders and mean value, over customers: the model assumes 0. NaN where one does not vary."""
        orders, mean = (part - self.count @ part / self.customers for part in (self.orders, self.mean))
        spread = float(np.sqrt((self.count @ orders**2) * (self.count @ mean**2)))
        return float(self.count @ (orders * mean)) / spread if spread > 0 else float("nan")


@dataclass(frozen=True)
class GammaGamma:
    """p, q and gamma (in the currency), how they were found, and the correlation the model assumes away."""

    params: Floats
    maximum: Maximum
    customers: float
    correlation: float

    @property
    def population_mean(self) -> float:
        """The mean value of an order of somebody unknown; NaN where it is infinite (q ≤ 1)."""
        return population_mean(self.params)

    def expected_value(self, orders: Floats, mean: Floats) -> Floats:
        """The mean value of a customer's next order, see `expected_value`."""
        return expected_value(self.params, orders, mean)


def fit(spend: Spend) -> GammaGamma:
    """Maximum likelihood; the mean value is the unit while searching."""
    if not len(spend.count):
        raise ValueError("no customer has an order of positive value")
    unit = float(spend.count @ spend.mean / spend.customers)
    scaled = replace(spend, mean=spend.mean / unit)
    starts = [np.log(np.array(start)) for start in STARTS]
    found = maximise(lambda at: log_likelihood(at, scaled), starts, NAMES, spend.customers)
    maximum = replace(
        found,
        log_params=found.log_params + np.array([0.0, 0.0, np.log(unit)]),
        log_likelihood=found.log_likelihood - spend.customers * float(np.log(unit)),
    )
    return GammaGamma(np.exp(maximum.log_params), maximum, spend.customers, spend.correlation)


def population_mean(params: Floats) -> float:
    """The mean value of an order of somebody unknown; NaN where it is infinite (q ≤ 1)."""
    p, q, gamma = params
    return float(p * gamma / (q - 1)) if q > 1 else float("nan")


def expected_value(params: Floats, orders: Floats, mean: Floats) -> Floats:
    """The mean value of a customer's next order: their own mean, drawn towards everybody's (equation 5).

    Linear in the mean, so that a mean of 0 or below (refunds) has an answer too.
    """
    p, q, gamma = params
    known = (orders > 0) & np.isfinite(mean)
    x, own = np.where(known, orders, 1.0), np.where(known, mean, 0.0)
    return np.where(known, p * (gamma + own * x) / (p * x + q - 1), population_mean(params))


def log_likelihood(log_params: Floats, spend: Spend) -> tuple[float, Floats]:
    """The total over customers of the density of the mean value (equation 1a), and its gradient by the logs."""
    p, q, gamma = np.exp(log_params)
    x, n = spend.orders, spend.count
    px, total = p * x, spend.orders * spend.mean
    log_sum = np.log(gamma + total)
    each = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma)
    each += px * np.log(total) - np.log(spend.mean) - (px + q) * log_sum
    both = psi(px + q)
    by_p = n @ (x * (both - psi(px) + np.log(total) - log_sum))
    by_q = n @ (both - psi(q) + np.log(gamma) - log_sum)
    by_gamma = n @ (q / gamma - (px + q) / (gamma + total))
    return float(n @ each), np.array([by_p * p, by_q * q, by_gamma * gamma])
