"""From a score to a probability (Platt), and how sure that step is.

Isotonic regression is not used: its ties cost ranking, it publishes 0 and 1, and reasons would no longer add up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from clm_ml.models.rows import Floats

EDGE = 1e-6


@dataclass(frozen=True)
class Platt:
    """probability = sigmoid(intercept + slope · score), with the covariance of (intercept, slope)."""

    intercept: float
    slope: float
    covariance: tuple[float, float, float]

    def logit(self, score: Floats) -> Floats:
        """The calibrated log odds."""
        return self.intercept + self.slope * score

    def probability(self, score: Floats) -> Floats:
        """The calibrated probability, strictly inside 0 and 1."""
        return sigmoid(self.logit(score))

    def variance(self, score: Floats) -> Floats:
        """The variance of the calibrated log odds that comes from the calibration slice being a sample."""
        of_intercept, shared, of_slope = self.covariance
        return np.maximum(of_intercept + 2 * score * shared + score**2 * of_slope, 0)

    def moved(self, amount: float, variance: float) -> Platt:
        """The log odds moved by an amount that is itself uncertain."""
        of_intercept, shared, of_slope = self.covariance
        covariance = (of_intercept + variance, shared, of_slope)
        return replace(self, intercept=self.intercept + amount, covariance=covariance)


def fit_platt(score: Floats, label: Floats) -> Platt:
    """Maximum likelihood with Platt's smoothed targets; a constant score gives the (smoothed) base rate."""
    positives = label.sum()
    target = np.where(label == 1, (positives + 1) / (positives + 2), 1 / (len(label) - positives + 2))
    center, spread = float(score.mean()), float(score.std())
    if spread < 1e-9:
        rate = float(target.mean())
        return Platt(float(logit(np.array(rate))), 0.0, (1 / (len(label) * rate * (1 - rate)), 0.0, 0.0))
    z = np.column_stack([np.ones_like(score), (score - center) / spread])
    beta, covariance = _newton(z, target)
    back = np.array([[1, -center / spread], [0, 1 / spread]])
    beta, covariance = back @ beta, back @ covariance @ back.T
    return Platt(
        float(beta[0]), float(beta[1]), (float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1]))
    )


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + e^−x), without overflow."""
    probability: Floats = expit(x)
    return probability


def logit(p: Floats, edge: float = EDGE) -> Floats:
    """log(p / (1 − p)), with p held `edge` away from 0 and 1."""
    p = np.clip(p, edge, 1 - edge)
    return np.log(p) - np.log1p(-p)


def _newton(z: Floats, target: Floats) -> tuple[Floats, Floats]:
    beta: npt.NDArray[Any] = np.array([float(logit(target.mean())), 0.0])
    for _ in range(50):
        p = sigmoid(z @ beta)
        hessian = (z * (p * (1 - p))[:, None]).T @ z + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, z.T @ (target - p))
        beta = beta + step * min(1.0, 4 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-10:
            break
    p = sigmoid(z @ beta)
    covariance: npt.NDArray[Any] = np.linalg.inv((z * (p * (1 - p))[:, None]).T @ z + 1e-9 * np.eye(2))
    return beta, covariance
