"""The models on a table of customers: fit, predict, and choose one of the three."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from clm_ml.models.btyd import gamma_gamma
from clm_ml.models.btyd.bg_nbd import BgNbd
from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.gamma_gamma import GammaGamma, Spend
from clm_ml.models.btyd.mbg_nbd import MbgNbd
from clm_ml.models.btyd.model import Fitted, OrderModel, fit
from clm_ml.models.btyd.pareto_nbd import ParetoNbd
from clm_ml.models.btyd.value import discounted_margin
from clm_ml.models.rows import Floats, Ints

KINDS: tuple[type[OrderModel], ...] = (BgNbd, MbgNbd, ParetoNbd)
TIMES = ["frequency", "recency", "age"]
QUANTILES = {"next_order_low_date": 0.05, "next_order_date": 0.5, "next_order_high_date": 0.95}
CLEAR = 2.0  # standard errors
LAST_DATE = np.datetime64("9999-12-31")


@dataclass(frozen=True)
class Contestant:
    """A fitted model and its errors on later orders; `squared_errors` per customer, `bias` Σ expected ÷ Σ actual − 1.

    All three models have four parameters: their likelihoods compare as they are.
    """

    fitted: Fitted
    squared_errors: Floats
    mae: float
    bias: float

    @property
    def log_likelihood(self) -> float:
        return self.fitted.maximum.log_likelihood

    @property
    def rmse(self) -> float:
        return float(np.sqrt(self.squared_errors.mean()))


@dataclass(frozen=True)
class Plan:
    """What to predict: so many periods of so many units of time from the as-of date, discounted per period.

    One unit of time is `unit_days` days (1 where recency and age are in days, 7 in weeks).
    """

    as_of: date
    periods: int
    period: float
    rate: float = 0.0
    unit_days: float = 1.0

    @property
    def edges(self) -> Floats:
        return np.arange(self.periods + 1.0) * self.period


def placed(frame: pd.DataFrame) -> tuple[Cells, Ints]:
    """The cells of the customers (columns frequency, recency, age), and the cell of each."""
    return Cells.placed(*(frame[name].to_numpy(dtype=float) for name in TIMES))


def fit_orders(frame: pd.DataFrame, kind: type[OrderModel]) -> Fitted:
    """An order model of the customers."""
    return fit(kind, placed(frame)[0])


def fit_spend(frame: pd.DataFrame) -> GammaGamma:
    """Gamma-Gamma of the repeat orders: frequency, and mean_value of these."""
    return gamma_gamma.fit(
        Spend.of(frame["frequency"].to_numpy(dtype=float), frame["mean_value"].to_numpy(dtype=float))
    )


def predict(frame: pd.DataFrame, orders: Fitted, spend: GammaGamma, plan: Plan) -> pd.DataFrame:
    """One row per customer, in the frame's order.

    `alive_probability` is NaN where dropout is not identified: it would be an assumption. A date is NaT where fewer
    customers than that share ever order again. `clv_margin_amount` is margin where `mean_value` was.
    """
    cells, place = placed(frame)
    increments = orders.model.increments(cells, plan.edges)[place]
    value = spend.expected_value(frame["frequency"].to_numpy(dtype=float), frame["mean_value"].to_numpy(dtype=float))
    alive = orders.model.alive(cells)[place] if orders.dropout_is_identified else np.full(len(frame), np.nan)
    dates = {name: _dates(orders.model.time_to_next(cells, q)[place], plan) for name, q in QUANTILES.items()}
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"].to_numpy(),
            "alive_probability": alive,
            "no_order_probability": orders.model.no_order(cells, float(plan.edges[-1]))[place],
            "expected_order_count": increments.sum(axis=1),
            **dates,
            "expected_order_value_amount": value,
            "clv_margin_amount": discounted_margin(increments, value, plan.rate),
        }
    )


def contest(frame: pd.DataFrame, later_orders: Floats, horizon: float) -> list[Contestant]:
    """The three models on the same customers, and their errors on the orders that came within the horizon after."""
    cells, place = placed(frame)
    found = []
    for kind in KINDS:
        fitted = fit(kind, cells)
        error = fitted.model.expected_orders(cells, horizon)[place] - later_orders
        total = float(later_orders.sum())
        bias = float(error.sum()) / total if total > 0 else float("nan")
        found.append(Contestant(fitted, error**2, float(np.abs(error).mean()), bias))
    return found


def choose(contestants: Sequence[Contestant]) -> Contestant:
    """The likeliest, unless another one's squared errors on later orders are clearly smaller (paired)."""
    likeliest = max(contestants, key=lambda one: one.log_likelihood)
    closest = min(contestants, key=lambda one: one.rmse)
    saved = likeliest.squared_errors - closest.squared_errors
    error = float(saved.std()) / np.sqrt(len(saved))
    return closest if float(saved.mean()) > CLEAR * error else likeliest


def _dates(times: Floats, plan: Plan) -> np.ndarray:
    """As-of date + time, rounded up to a whole day; NaT where it never comes or the calendar ends."""
    days = np.ceil(times * plan.unit_days)
    start = np.datetime64(plan.as_of, "D")
    known = days <= (LAST_DATE - start).astype(float)
    dates = start + np.where(known, days, 0).astype("timedelta64[D]")
    return np.where(known, dates, np.datetime64("NaT")).astype("datetime64[s]")
