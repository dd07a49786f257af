"""Figures for predicted values. Each takes weights of shape (resamples, rows), as clm_ml.models.metrics does.

A figure that the rows cannot give (nothing was spent, no variation) is NaN.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clm_ml.models.metrics import divide
from clm_ml.models.rows import Floats

VALUE_METRICS = ("normalised_gini", "spearman", "mae", "total_bias")
DECILES = 10


def figures(actual: Floats, predicted: Floats, weights: Floats) -> dict[str, Floats]:
    """Every metric, per resample."""
    return {
        "normalised_gini": normalised_gini(actual, predicted, weights),
        "spearman": spearman(actual, predicted, weights),
        "mae": divide(weights @ np.abs(predicted - actual), weights.sum(axis=1)),
        "total_bias": divide(weights @ predicted, weights @ actual) - 1,
    }


def point(actual: Floats, predicted: Floats) -> dict[str, float]:
    """Every metric on the rows as they are."""
    return {name: float(v[0]) for name, v in figures(actual, predicted, np.ones((1, len(actual)))).items()}


def normalised_gini(actual: Floats, predicted: Floats, weights: Floats) -> Floats:
    """Gini of what was spent in the order of the prediction ÷ Gini in the order of what was spent: 1 is perfect.

    Equal predictions share what they spent evenly, so the order of the rows is never seen. 0 where all are equal.
    """
    return divide(_gini(actual, predicted, weights), _gini(actual, actual, weights))


def spearman(actual: Floats, predicted: Floats, weights: Floats) -> Floats:
    """Pearson correlation of the ranks; equal values get their mean rank."""
    a, b = (_ranks(values, weights) for values in (actual, predicted))
    total = weights.sum(axis=1, keepdims=True)
    a, b = (ranks - (weights * ranks).sum(axis=1, keepdims=True) / total for ranks in (a, b))
    spread = (weights * a**2).sum(axis=1) * (weights * b**2).sum(axis=1)
    # weights are counts: a spread this far below one rank is rounding
    return divide((weights * a * b).sum(axis=1), np.where(spread < 1e-9, 0.0, np.sqrt(spread)))


def decile_table(actual: Floats, predicted: Floats) -> list[dict[str, float]]:
    """Predicted against actual per tenth of the customers, highest predictions first; equal ones share a decile."""
    place = np.searchsorted(np.sort(-predicted), -predicted, side="left")
    decile = 1 + (DECILES * place) // max(len(predicted), 1)
    total = float(actual.sum())
    return [_decile(int(n), actual[decile == n], predicted[decile == n], total) for n in np.unique(decile)]


def _decile(number: int, actual: Floats, predicted: Floats, total: float) -> dict[str, float]:
    return {
        "decile": number,
        "customer_count": len(actual),
        "mean_predicted": float(predicted.mean()),
        "mean_actual": float(actual.mean()),
        "share_of_actual": float(actual.sum()) / total if total else float("nan"),
    }


def _gini(value: Floats, order: Floats, weights: Floats) -> Floats:
    """2 × area under (share of customers, share of value), highest order first, − 1; NaN where nothing was spent."""
    at, starts = _groups(-order)
    people = np.add.reduceat(weights[:, at], starts, axis=1)
    spent = np.add.reduceat(weights[:, at] * value[at], starts, axis=1)
    below = spent.cumsum(axis=1) - spent / 2  # trapezoids: a group's value comes evenly
    total = np.where(spent.sum(axis=1) > 0, spent.sum(axis=1), 0.0)
    return 2 * divide((people * below).sum(axis=1), people.sum(axis=1) * total) - 1


def _ranks(values: Floats, weights: Floats) -> Floats:
    at, starts = _groups(values)
    people = np.add.reduceat(weights[:, at], starts, axis=1)
    middle = people.cumsum(axis=1) - people / 2
    ranks = np.empty_like(weights)
    ranks[:, at] = np.repeat(middle, np.diff(np.r_[starts, len(values)]), axis=1)
    return ranks


def _groups(values: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """An ascending order, and where in it each distinct value starts."""
    at = np.argsort(values, kind="stable")
    return at, np.flatnonzero(np.r_[True, np.diff(values[at]) != 0])
