"""What every order model answers about a customer, whatever its dropout process, and how it is fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from clm_ml.models.btyd import nbd
from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.maximum import Maximum, maximise
from clm_ml.models.rows import Floats


@dataclass(frozen=True)
class OrderModel(ABC):
    """Parameters in the order of NAMES; times in the unit it was fitted in. Every answer is per cell."""

    params: Floats

    NAME: ClassVar[str]
    NAMES: ClassVar[tuple[str, ...]]
    TIMES: ClassVar[tuple[str, ...]]  # the parameters that are times
    STARTS: ClassVar[tuple[tuple[float, ...], ...]]  # with the mean age as the unit of time

    @classmethod
    @abstractmethod
    def log_likelihood(cls, log_params: Floats, cells: Cells) -> tuple[float, Floats]:
        """The total over customers, and its gradient by the log parameters."""

    @abstractmethod
    def alive(self, cells: Cells) -> Floats:
        """The probability that a customer has not dropped out by T."""

    @abstractmethod
    def expected_while_alive(self, cells: Cells, horizon: float) -> Floats:
        """Expected orders in (T, T+h] of a customer who is alive at T."""

    @abstractmethod
    def order_while_alive(self, cells: Cells, horizon: float) -> Floats:
        """The probability of at least one order in (T, T+h] of a customer who is alive at T."""

    @abstractmethod
    def time_to_next(self, cells: Cells, quantile: float) -> Floats:
        """The time after T by which the next order has come with this probability; infinite where it never does."""

    def expected_orders(self, cells: Cells, horizon: float) -> Floats:
        """Expected orders in (T, T+h]."""
        return self.alive(cells) * self.expected_while_alive(cells, horizon)

    def no_order(self, cells: Cells, horizon: float) -> Floats:
        """The probability of no order in (T, T+h]: churn, as the label counts it."""
        return 1 - self.alive(cells) * self.order_while_alive(cells, horizon)

    def increments(self, cells: Cells, edges: Floats) -> Floats:
        """Expected orders within each period (edges[i], edges[i+1]] after T; shape (cells, periods)."""
        upto = [self.expected_while_alive(cells, float(edge)) for edge in edges]
        return self.alive(cells)[:, None] * np.maximum(np.diff(np.column_stack(upto), axis=1), 0.0)


@dataclass(frozen=True)
class Fitted:
    """A fitted model, how well it fits, and what it does not know.

    `without_dropout` is the log-likelihood of the same customers if nobody ever dropped out (NBD).
    """

    model: OrderModel
    maximum: Maximum
    customers: float
    without_dropout: float

    @property
    def dropout_gain(self) -> float:
        """Twice the log-likelihood that the dropout process adds to the NBD."""
        return 2 * (self.maximum.log_likelihood - self.without_dropout)

    @property
    def dropout_cost(self) -> float:
        """What that gain has to exceed: the price of two parameters by the Bayesian information criterion."""
        return 2 * float(np.log(self.customers))

    @property
    def dropout_is_identified(self) -> bool:
        """Whether P(alive) is more than an assumption of the model."""
        return self.dropout_gain > self.dropout_cost

    def words(self) -> str:
        """What is not identified, in a sentence; empty where everything is."""
        said = []
        if not self.dropout_is_identified:
            gain = max(self.dropout_gain, 0.0)
            said.append(
                f"dropout is not identified: it adds {gain:.1f} to twice the log-likelihood, "
                f"its two parameters cost {self.dropout_cost:.1f} (BIC)"
            )
        if self.maximum.unknown:
            said.append(f"the likelihood is flat in {', '.join(self.maximum.unknown)}")
        return "; ".join(said)


def fit(kind: type[OrderModel], cells: Cells) -> Fitted:
    """Maximum likelihood; the mean age is the unit while searching, so that no unit of time makes it harder."""
    unit = float(cells.count @ cells.age / cells.customers) or 1.0
    scaled = cells.in_units_of(unit)
    starts = [np.log(np.array(start)) for start in kind.STARTS]
    found = maximise(lambda at: kind.log_likelihood(at, scaled), starts, kind.NAMES, cells.customers)
    plain = nbd.fit(scaled)
    lost = float(cells.count @ cells.frequency * np.log(unit))  # densities of times are per unit of time
    times = np.array([name in kind.TIMES for name in kind.NAMES])
    maximum = replace(
        found,
        log_params=found.log_params + np.where(times, np.log(unit), 0.0),
        log_likelihood=found.log_likelihood - lost,
    )
    return Fitted(kind(np.exp(maximum.log_params)), maximum, cells.customers, plain.log_likelihood - lost)
