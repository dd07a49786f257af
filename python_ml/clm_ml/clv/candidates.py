"""Who competes in predicting value: rules, order models with Gamma-Gamma, and two-part learners.

Each predicts the margin of the horizon after a date, from what was known on it. Rules and order models read the
histories of that date only; learners are fitted on earlier dates whose horizons had passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from clm_ml.models import boosting, forest, two_part
from clm_ml.models.btyd import gamma_gamma
from clm_ml.models.btyd.bg_nbd import BgNbd
from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.gamma_gamma import GammaGamma, Spend, expected_value
from clm_ml.models.btyd.mbg_nbd import MbgNbd
from clm_ml.models.btyd.model import Fitted, OrderModel, fit
from clm_ml.models.btyd.pareto_nbd import ParetoNbd
from clm_ml.models.rows import Floats, Ints, Rows

KINDS: dict[str, type[OrderModel]] = {kind.NAME: kind for kind in (BgNbd, MbgNbd, ParetoNbd)}
LAST_PERIOD, PAST_RATE, HIATUS, ALIVE_SPEND = "same_as_last_90_days", "past_rate", "recency_hiatus", "spend_if_alive"
RULES = (LAST_PERIOD, PAST_RATE, HIATUS)
LEARNERS: dict[str, dict[str, Any]] = {
    "two_part_random_forest": forest.SETTINGS,
    "two_part_gradient_boosting": boosting.SETTINGS,
}


class ValueScorer(Protocol):
    """Something fitted: customers of a date in, their expected margin of the horizon out."""

    def predict(self, rows: Rows, horizon_days: int) -> Floats: ...

    def state(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class ValueCandidate:
    """`fit(labelled rows of earlier dates, customers of the date, seed)`; `is_learned`: it reads the former."""

    name: str
    fit: Callable[[Rows, Rows, int], ValueScorer]
    is_rule: bool = False
    is_learned: bool = False
    fit_rows: int = 0
    settings: Any = None


@dataclass(frozen=True)
class History:
    """Customers as order models see them; times in days, a purchase day is an order."""

    cells: Cells
    place: Ints
    orders: Floats
    mean_margin: Floats

    @classmethod
    def of(cls, rows: Rows) -> History:
        orders, tenure = column(rows, "purchase_day_count"), column(rows, "tenure_days")
        cells, place = Cells.placed(orders - 1, tenure - column(rows, "recency_days"), tenure)
        return cls(cells, place, orders, column(rows, "margin_amount") / orders)


@dataclass(frozen=True)
class RuleValue:
    """What is known to everybody; nothing in it is fitted."""

    rule: str

    def predict(self, rows: Rows, horizon_days: int) -> Floats:
        if self.rule == LAST_PERIOD:
            return column(rows, "margin_90d_amount") * horizon_days / 90
        rate = past_rate(rows) * horizon_days
        if self.rule == PAST_RATE:
            return rate
        return np.where(column(rows, "recency_days") <= horizon_days, rate, 0.0)

    def state(self) -> dict[str, Any]:
        return {"rule": self.rule}


@dataclass(frozen=True)
class SpendIfAlive:
    """What a customer brought per day so far × P(alive) of BG/NBD."""

    model: OrderModel

    def predict(self, rows: Rows, horizon_days: int) -> Floats:
        history = History.of(rows)
        return past_rate(rows) * horizon_days * self.model.alive(history.cells)[history.place]

    def state(self) -> dict[str, Any]:
        return {"orders": order_state(self.model)}


@dataclass(frozen=True)
class OrderValue:
    """Expected orders × expected margin of an order. What it was fitted by is there until it is put away."""

    model: OrderModel
    spend: Floats
    fits: tuple[Fitted, GammaGamma] | None = None

    @property
    def fitted(self) -> Fitted:
        assert self.fits
        return self.fits[0]

    @property
    def fitted_spend(self) -> GammaGamma:
        assert self.fits
        return self.fits[1]

    def predict(self, rows: Rows, horizon_days: int) -> Floats:
        history = History.of(rows)
        orders = self.model.expected_orders(history.cells, float(horizon_days))[history.place]
        return orders * expected_value(self.spend, history.orders, history.mean_margin)

    def state(self) -> dict[str, Any]:
        return {"orders": order_state(self.model), "spend": self.spend.tolist()}


@dataclass(frozen=True)
class LearnedValue:
    """Whether a customer brings anything × how much if so, of the horizon it was fitted on."""

    model: two_part.TwoPart
    names: tuple[str, ...]

    def predict(self, rows: Rows, horizon_days: int) -> Floats:
        return self.model.predict(rows.only(self.names).features)

    def state(self) -> dict[str, Any]:
        return {"two_part": self.model.state(), "names": list(self.names)}


def candidates() -> list[ValueCandidate]:
    """The rules first, then the models."""
    rules = [ValueCandidate(rule, _rule(rule), is_rule=True) for rule in RULES]
    rules.append(ValueCandidate(ALIVE_SPEND, _spend_if_alive, is_rule=True))
    orders = [ValueCandidate(name, _order_value(kind)) for name, kind in KINDS.items()]
    learned = [_learner(name, settings) for name, settings in LEARNERS.items()]
    return rules + orders + learned


def restore(algorithm: str, state: dict[str, Any]) -> ValueScorer:
    """A scorer from what a model file or the register holds."""
    if algorithm in RULES:
        return RuleValue(state["rule"])
    if algorithm == ALIVE_SPEND:
        return SpendIfAlive(order_model(state["orders"]))
    if algorithm in KINDS:
        return OrderValue(order_model(state["orders"]), np.array(state["spend"], dtype=float))
    return LearnedValue(two_part.TwoPart.from_state(state["two_part"]), tuple(state["names"]))


def fit_orders(rows: Rows, kind: type[OrderModel]) -> Fitted:
    """An order model of the customers of one date."""
    return fit(kind, History.of(rows).cells)


def fit_spend(rows: Rows) -> GammaGamma:
    """Gamma-Gamma of all purchase days, the first one too: it is as much worth as the others."""
    history = History.of(rows)
    return gamma_gamma.fit(Spend.of(history.orders, history.mean_margin))


def order_value(rows: Rows, kind: type[OrderModel]) -> OrderValue:
    """An order model and Gamma-Gamma of the customers of one date."""
    orders, spend = fit_orders(rows, kind), fit_spend(rows)
    return OrderValue(orders.model, spend.params, (orders, spend))


def order_state(model: OrderModel) -> dict[str, Any]:
    """A fitted order model in plain numbers."""
    return {"kind": model.NAME, "params": model.params.tolist()}


def order_model(state: dict[str, Any]) -> OrderModel:
    """Back again."""
    return KINDS[state["kind"]](np.array(state["params"], dtype=float))


def past_rate(rows: Rows) -> Floats:
    """Margin per day since the first order; who came today counts as one day old."""
    return column(rows, "margin_amount") / np.maximum(column(rows, "tenure_days"), 1.0)


def column(rows: Rows, name: str) -> Floats:
    """One feature of the rows."""
    values: Floats = rows.features[:, rows.names.index(name)]
    return values


def _rule(rule: str) -> Callable[[Rows, Rows, int], ValueScorer]:
    return lambda labelled, present, seed: RuleValue(rule)


def _spend_if_alive(labelled: Rows, present: Rows, seed: int) -> ValueScorer:
    return SpendIfAlive(fit_orders(present, BgNbd).model)


def _order_value(kind: type[OrderModel]) -> Callable[[Rows, Rows, int], ValueScorer]:
    return lambda labelled, present, seed: order_value(present, kind)


def _learner(name: str, settings: dict[str, Any]) -> ValueCandidate:
    def fit(labelled: Rows, present: Rows, seed: int) -> ValueScorer:
        return LearnedValue(two_part.LEARNERS[name](labelled.features, labelled.label, seed), labelled.names)

    return ValueCandidate(name, fit, is_learned=True, fit_rows=settings["fit_rows"], settings=settings)
