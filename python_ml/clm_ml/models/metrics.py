"""The published figures. Each takes weights of shape (resamples, rows): one row of ones gives the figure itself,
drawn weights give its bootstrap. A figure that the rows cannot give (one class, no variation) is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from clm_ml.models.calibration import logit, sigmoid
from clm_ml.models.rows import Floats, Ints

BINS = 10
_SETTLED = 1e-6  # of a Newton step: the next one is its square
METRICS = (
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
    "calibration_slope",
    "calibration_intercept",
    "lift_top_decile",
)


def figures(
    label: Floats, probability: Floats, rank: Floats, weights: Floats, fit: Fit | None = None
) -> dict[str, Floats]:
    """Every metric, per resample. `rank` orders the customers (for a model it is the probability itself).

    `fit` is `fitted(label, probability)`, for who asks for several blocks of resamples.
    """
    ties = Ties.of(label, rank, weights)
    slope, intercept = recalibration(label, probability, weights, fit or fitted(label, probability))
    constant = np.ptp(rank) == 0
    return {
        "auc": auc(ties),
        "average_precision": average_precision(ties),
        "log_loss": log_loss(label, probability, weights),
        "brier": _mean((label - probability) ** 2, weights),
        "ece": expected_calibration_error(label, probability, weights),
        "calibration_slope": np.full(len(weights), np.nan) if constant else slope,
        "calibration_intercept": intercept,
        "lift_top_decile": top_decile_lift(ties),
    }


def point(label: Floats, probability: Floats, rank: Floats | None = None) -> dict[str, float]:
    """Every metric on the rows as they are."""
    rank = probability if rank is None else rank
    return {name: float(v[0]) for name, v in figures(label, probability, rank, np.ones((1, len(label)))).items()}


@dataclass(frozen=True)
class Ties:
    """Weights of the churned and of the others per distinct rank, highest rank first; shape (resamples, ranks)."""

    churned: Floats
    stayed: Floats

    @classmethod
    def of(cls, label: Floats, rank: Floats, weights: Floats) -> Ties:
        order = np.argsort(-rank, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(rank[order]) != 0])
        sorted_weights, sorted_label = weights[:, order], label[order]
        return cls(
            np.add.reduceat(sorted_weights * sorted_label, starts, axis=1),
            np.add.reduceat(sorted_weights * (1 - sorted_label), starts, axis=1),
        )


def auc(ties: Ties) -> Floats:
    """Probability that a churned customer ranks above one that stayed; ties count half."""
    below = ties.stayed[:, ::-1].cumsum(axis=1)[:, ::-1] - ties.stayed
    wins = (ties.churned * (below + 0.5 * ties.stayed)).sum(axis=1)
    return divide(wins, ties.churned.sum(axis=1) * ties.stayed.sum(axis=1))


def average_precision(ties: Ties) -> Floats:
    """Sum over ranks of precision × gain in recall."""
    found = ties.churned.cumsum(axis=1)
    precision = divide(found, (ties.churned + ties.stayed).cumsum(axis=1))
    return divide(np.nansum(precision * ties.churned, axis=1), ties.churned.sum(axis=1))


def top_decile_lift(ties: Ties) -> Floats:
    """Churn rate of the highest tenth ÷ churn rate of all; a rank across the edge counts in proportion."""
    weight = ties.churned + ties.stayed
    total = weight.sum(axis=1, keepdims=True)
    taken = np.clip(0.1 * total - (weight.cumsum(axis=1) - weight), 0, weight)
    in_decile = np.nansum(divide(ties.churned, weight) * taken, axis=1) / (0.1 * total[:, 0])
    return divide(in_decile, ties.churned.sum(axis=1) / total[:, 0])


def log_loss(label: Floats, probability: Floats, weights: Floats) -> Floats:
    """Mean of −log of the probability given to what happened."""
    return _mean(log_losses(label, probability), weights)


def log_losses(label: Floats, probability: Floats) -> Floats:
    """Per row, −log of the probability given to what happened."""
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    return -(label * np.log(p) + (1 - label) * np.log1p(-p))


def expected_calibration_error(label: Floats, probability: Floats, weights: Floats) -> Floats:
    """Mean absolute gap between predicted and observed rate over ten equal-count bins, weighted by rows."""
    member = (bin_of(probability)[:, None] == np.arange(1, BINS + 1)).astype(float)
    gaps = np.abs(weights @ (member * (probability - label)[:, None]))
    return divide(gaps.sum(axis=1), weights.sum(axis=1))


class Fit(NamedTuple):
    """Of the outcome on the logit: a regression (intercept, slope), shape (1, 2), and the intercept at slope 1."""

    line: Floats
    intercept: Floats


def fitted(label: Floats, probability: Floats) -> Fit:
    """The fit of the rows as they are, from which resamples need few steps."""
    x, ones = logit(probability, 1e-12), np.ones((1, len(label)))
    return Fit(
        _fit_line(x, label, ones, np.zeros((1, 2)), 40),
        _fit_intercept(x, label, ones, np.zeros(1), 40),
    )


def recalibration(label: Floats, probability: Floats, weights: Floats, fit: Fit) -> tuple[Floats, Floats]:
    """Slope of a logistic regression of the outcome on the logit, and the intercept at slope 1 (ideal: 1 and 0)."""
    x = logit(probability, 1e-12)
    return (
        _fit_line(x, label, weights, fit.line, 4)[:, 1],
        _fit_intercept(x, label, weights, fit.intercept, 4),
    )


def bin_of(probability: Floats) -> Ints:
    """Bin 1 (lowest) to 10 by rank; equal probabilities share a bin, so there may be fewer than ten."""
    rank = np.searchsorted(np.sort(probability), probability, side="left")
    return 1 + (BINS * rank) // max(len(probability), 1)


def calibration_table(label: Floats, probability: Floats) -> list[dict[str, float]]:
    """Predicted against observed rate per bin, with the Wilson interval of the observed one."""
    bins = bin_of(probability)
    return [_bin(int(number), label[bins == number], probability[bins == number]) for number in np.unique(bins)]


def wilson(hits: float, count: float, z: float = 1.959963984540054) -> tuple[float, float]:
    """The Wilson score interval of a rate (95 % by default)."""
    if count == 0:
        return float("nan"), float("nan")
    rate, shrink = hits / count, 1 + z**2 / count
    middle = (rate + z**2 / (2 * count)) / shrink
    half = z / shrink * float(np.sqrt(rate * (1 - rate) / count + z**2 / (4 * count**2)))
    return max(0.0, middle - half), min(1.0, middle + half)


def confusion(label: Floats, predicted: Floats) -> dict[str, float]:
    """Accuracy, precision and recall of 0/1 predictions; NaN where nothing was predicted or nothing is true."""
    hits = float(((label == 1) & (predicted == 1)).sum())
    return {
        "accuracy": float((label == predicted).mean()),
        "precision": float(divide(np.array(hits), np.array(float((predicted == 1).sum())))),
        "recall": float(divide(np.array(hits), np.array(float((label == 1).sum())))),
    }


def _bin(number: int, label: Floats, probability: Floats) -> dict[str, float]:
    low, high = wilson(float(label.sum()), len(label))
    return {
        "bin_number": number,
        "row_count": len(label),
        "mean_probability": float(probability.mean()),
        "observed_rate": float(label.mean()),
        "rate_low": low,
        "rate_high": high,
    }


def _fit_line(x: Floats, label: Floats, weights: Floats, start: Floats, steps: int) -> Floats:
    """Newton steps of a two-parameter logistic regression, per resample; NaN where it does not settle.

    `start` is one row for all of them, so the first step knows one probability per row.
    """
    beta = start
    step = np.zeros_like(beta)
    powers = np.column_stack([np.ones_like(x), x, x**2])
    for _ in range(steps):
        p = sigmoid(beta[:, :1] + beta[:, 1:] * x)
        g0, g1 = ((weights * (label - p)) @ powers[:, :2]).T
        h00, h01, h11 = ((weights * (p * (1 - p))) @ powers).T
        determinant = h00 * h11 - h01**2
        step = np.column_stack([divide(h11 * g0 - h01 * g1, determinant), divide(h00 * g1 - h01 * g0, determinant)])
        beta = beta + step
        if not np.any(np.abs(step) > _SETTLED):
            break
    settled = np.all(np.isfinite(beta), axis=1) & (np.abs(step).max(axis=1) < 1e-2) & _both_classes(label, weights)
    return np.where(settled[:, None], beta, np.nan)


def _fit_intercept(x: Floats, label: Floats, weights: Floats, start: Floats, steps: int) -> Floats:
    """The same with a slope of 1."""
    intercept = start
    for _ in range(steps):
        p = sigmoid(intercept[:, None] + x)
        step = np.clip(divide((weights * (label - p)).sum(axis=1), (weights * (p * (1 - p))).sum(axis=1)), -2, 2)
        intercept = intercept + step
        if not np.any(np.abs(step) > _SETTLED):
            break
    return np.where(_both_classes(label, weights), intercept, np.nan)


def _both_classes(label: Floats, weights: Floats) -> np.ndarray:
    positives = weights @ label
    return (positives > 0) & (positives < weights.sum(axis=1))


def _mean(values: Floats, weights: Floats) -> Floats:
    return divide(weights @ values, weights.sum(axis=1))


def divide(a: Floats, b: Floats) -> Floats:
    """a ÷ b, NaN where b is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = np.where(b == 0, np.nan, a / np.where(b == 0, 1, b))
    return result
