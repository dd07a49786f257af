"""From expected orders and the margin of one to a value."""

from __future__ import annotations

import numpy as np

from clm_ml.models.rows import Floats


def discounted_margin(increments: Floats, margin: Floats, rate: float) -> Floats:
    """Σ over periods t = 1, 2 … of expected orders in the period · margin of an order ÷ (1 + rate)^t, per customer.

    `increments` has shape (customers, periods): orders within each period, never up to its end. `rate` is per period.
    """
    factors = (1 + rate) ** -np.arange(1.0, increments.shape[1] + 1)
    return np.asarray((increments @ factors) * margin, dtype=float)


def net_clv(historic: Floats, predicted: Floats, acquisition: Floats, service: Floats) -> Floats:
    """What a customer brought and will bring, less what it cost to win (once) and to serve them."""
    return historic + predicted - acquisition - service


def yearly_to_periodic(rate: float, periods_a_year: float) -> float:
    """The rate per period that compounds to this rate a year."""
    return float((1 + rate) ** (1 / periods_a_year) - 1)
