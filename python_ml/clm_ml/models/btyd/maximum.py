"""Maximum likelihood in the logarithms of the parameters, its standard errors, and what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from clm_ml.models.rows import Floats

EDGE = 6.0  # a parameter beyond e^±6 (400 times) of its unit has run away
SCOUTING = 15  # steps from each start
CLIMBING = 100  # steps from the best of them
STEP = 1e-3  # of the log parameters, for the Hessian
FLAT_ERROR = 1.0  # a standard error of the log above this: the 95 % interval spans a factor of fifty

Likelihood = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is highest.

    `errors` are standard errors of the log parameters, i.e. relative ones; infinite where the likelihood is flat.
    `log_likelihood` is the total over customers; `slope` the largest gradient left, per customer. `unknown` names the
    parameters whose size the data do not tell: at the edge of what was searched, or flat there.
    """

    names: tuple[str, ...]
    log_params: Floats
    log_likelihood: float
    errors: Floats
    slope: float
    unknown: tuple[str, ...]

    @property
    def params(self) -> dict[str, float]:
        return dict(zip(self.names, np.exp(self.log_params).tolist(), strict=True))

    @property
    def standard_errors(self) -> dict[str, float]:
        """Of the parameters themselves (delta method)."""
        return dict(zip(self.names, (np.exp(self.log_params) * self.errors).tolist(), strict=True))


def maximise(likelihood: Likelihood, starts: list[Floats], names: tuple[str, ...], customers: float) -> Maximum:
    """From the best of short climbs from all starts to the top (L-BFGS-B), polished by Newton steps.

    `likelihood(log_params)` gives the total log-likelihood and its gradient.
    """

    def loss(log_params: Floats) -> tuple[float, Floats]:
        value, gradient = likelihood(log_params)
        return -value / customers, -gradient / customers

    bounds = [(-EDGE, EDGE)] * len(names)

    def climb(start: Floats, steps: int) -> Floats:
        options = {"maxiter": steps, "ftol": 1e-11, "gtol": 1e-9}
        return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x

    camps = [climb(start, SCOUTING) for start in starts]
    best = _polished(loss, climb(min(camps, key=lambda camp: loss(camp)[0]), CLIMBING))
    value, gradient = likelihood(best)
    inside = np.abs(best) < EDGE - 0.01
    slope = float(np.abs(gradient[inside] / customers).max(initial=0.0))
    errors = _errors(loss, best, inside, customers)
    unknown = tuple(name for name, error in zip(names, errors, strict=True) if not error < FLAT_ERROR)
    return Maximum(names, best, value, errors, slope, unknown)


def _polished(loss: Likelihood, at: Floats) -> Floats:
    """A few Newton steps, each taken only where the likelihood is curved enough and it does not fall."""
    value = loss(at)[0]
    for _ in range(6):
        inside = np.abs(at) < EDGE - 0.01
        curve = hessian(loss, at)[np.ix_(inside, inside)]
        if not inside.any() or np.linalg.eigvalsh(curve)[0] < 1e-7:
            return at
        step = np.zeros_like(at)
        step[inside] = np.linalg.solve(curve, loss(at)[1][inside])
        tried = np.clip(at - step, -EDGE, EDGE)
        reached = loss(tried)[0]
        if np.abs(step).max() > 0.5 or not reached <= value + 1e-12:
            return at
        at, value = tried, reached
        if np.abs(step).max() < 1e-10:
            return at
    return at


def _errors(loss: Likelihood, at: Floats, inside: np.ndarray, customers: float) -> Floats:
    """Standard errors from the inverse Hessian of those inside the edges; infinite elsewhere and where it is flat."""
    errors = np.full(len(at), np.inf)
    values, vectors = np.linalg.eigh(customers * hessian(loss, at)[np.ix_(inside, inside)])
    curved = values > 1e-3
    variance = (vectors[:, curved] ** 2 / values[curved]).sum(axis=1)
    flat = (vectors[:, ~curved] ** 2).sum(axis=1) > 1e-3
    errors[inside] = np.where(flat, np.inf, np.sqrt(variance))
    return errors


def hessian(loss: Likelihood, at: Floats) -> Floats:
    """Central differences of the gradient, made symmetric."""
    rows = []
    for step in np.eye(len(at)) * STEP:
        rows.append((loss(at + step)[1] - loss(at - step)[1]) / (2 * STEP))
    square = np.array(rows)
    result: Floats = (square + square.T) / 2
    return result


def by_differences(value: Callable[[Floats], float], at: Floats, step: float = 3e-5) -> Floats:
    """The gradient by central differences, for a likelihood that is smooth to its last digits."""
    moves = np.eye(len(at)) * step
    result: Floats = np.array([value(at + move) - value(at - move) for move in moves]) / (2 * step)
    return result
