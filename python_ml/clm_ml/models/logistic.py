"""Logistic regression on log-scaled, standardised features with missing indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clm_ml.console import progress
from clm_ml.models.calibration import logit
from clm_ml.models.rows import Floats, Ints

NAME = "logistic_regression"
SETTINGS: dict[str, Any] = {"C": 0.3, "fit_rows": 200_000}


@dataclass(frozen=True)
class Scale:
    """How a feature becomes a column: sign·log1p, median where unknown, standardised; then "is unknown" columns."""

    fill: Floats
    unknown: Ints
    center: Floats
    spread: Floats

    @classmethod
    def of(cls, features: Floats) -> Scale:
        logs = log_scale(features)
        fill = np.array([_median(column) for column in logs.T])
        unknown = np.flatnonzero(np.isnan(features).any(axis=0)).astype(np.int64)
        columns = _columns(logs, fill, unknown)
        spread = columns.std(axis=0)
        return cls(fill, unknown, columns.mean(axis=0), np.where(spread < 1e-9, 1.0, spread))

    def columns(self, features: Floats) -> Floats:
        """The standardised columns: one per feature, then one per feature that can be unknown."""
        return (_columns(log_scale(features), self.fill, self.unknown) - self.center) / self.spread

    def state(self) -> dict[str, Any]:
        return {"fill": self.fill, "unknown": self.unknown, "center": self.center, "spread": self.spread}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Scale:
        return cls(state["fill"], state["unknown"], state["center"], state["spread"])


@dataclass(frozen=True)
class LogisticScorer:
    """score = intercept + columns · weights: log odds before calibration."""

    scale: Scale
    weights: Floats
    intercept: float

    def score(self, features: Floats) -> Floats:
        result: Floats = self.intercept + self.scale.columns(features) @ self.weights
        return result

    def contributions(self, features: Floats) -> Floats:
        """What each feature adds to the score against the average customer; exact: they and a constant add up."""
        columns = self.scale.columns(features) * self.weights
        count = features.shape[1]
        parts = columns[:, :count].copy()
        parts[:, self.scale.unknown] += columns[:, count:]
        return parts

    def terms(self) -> tuple[Floats, Floats, Floats]:
        """The same as numbers: per feature the slope on its log_scale and a constant, and all of it where unknown."""
        s, count = self.scale, len(self.scale.fill)
        per_column = self.weights / s.spread
        slope, constant = per_column[:count], -per_column[:count] * s.center[:count]
        unknown = constant + slope * s.fill
        constant[s.unknown] -= per_column[count:] * s.center[count:]
        unknown[s.unknown] += per_column[count:] * (1 - s.center[count:])
        return slope, constant, unknown

    def state(self) -> dict[str, Any]:
        return {**self.scale.state(), "weights": self.weights, "intercept": self.intercept}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LogisticScorer:
        return cls(Scale.from_state(state), state["weights"], float(state["intercept"]))


@dataclass(frozen=True)
class Line:
    """Members as one sum: the intercept, and per feature slope · log_scale + constant, or `unknown`."""

    slope: Floats
    constant: Floats
    unknown: Floats
    intercept: float

    def read(self, features: Floats) -> tuple[Floats, Floats]:
        """The score, and per customer and feature what it adds; a column at a time."""
        parts = np.empty(features.shape[::-1]).T
        score = np.full(len(features), self.intercept)
        for i in range(features.shape[1]):
            logs = log_scale(features[:, i])
            column = self.slope[i] * logs + self.constant[i]
            column[np.isnan(logs)] = self.unknown[i]
            score += column
            parts[:, i] = column
        return score, parts


def mean_line(members: Sequence[LogisticScorer]) -> Line:
    """What the mean of the members' scores is."""
    slope, constant, unknown = (np.mean(terms, axis=0) for terms in zip(*(m.terms() for m in members), strict=True))
    return Line(slope, constant, unknown, float(np.mean([member.intercept for member in members])))


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> LogisticScorer:
    """Ridge-penalised maximum likelihood (Newton), the same on any number of threads."""
    scale = Scale.of(features)
    weights, intercept = _maximise(scale.columns(features), label, None)
    return LogisticScorer(scale, weights, intercept)


def refits(features: Floats, label: Floats, customers: Ints, seed: int, count: int) -> list[LogisticScorer]:
    """The model refitted on customers drawn with replacement: how much it owes to who happened to be there."""
    scale = Scale.of(features)
    columns = scale.columns(features)
    rng = np.random.default_rng([seed, 11])
    people = int(customers.max()) + 1
    fitted = []
    for _ in progress(range(count), "refits for the interval"):
        drawn = np.bincount(rng.integers(0, people, people), minlength=people)[customers].astype(float)
        if len(np.unique(label[drawn > 0])) == 2:
            fitted.append(LogisticScorer(scale, *_maximise(columns, label, drawn)))
    return fitted


def log_scale(features: Floats) -> Floats:
    """sign(x)·log(1 + |x|): counts, days and amounts spread over decades become comparable."""
    return np.sign(features) * np.log1p(np.abs(features))


def score_of(probability: Floats) -> Floats:
    """Log odds of a raw probability, as the trees state it."""
    return logit(probability, 1e-3)


def _maximise(columns: Floats, label: Floats, weights: Floats | None) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=SETTINGS["C"], solver="newton-cholesky", max_iter=200, tol=1e-8)
    model.fit(columns, label, sample_weight=weights)
    return model.coef_[0].astype(float), float(model.intercept_[0])


def _columns(logs: Floats, fill: Floats, unknown: Ints) -> Floats:
    return np.hstack([np.where(np.isnan(logs), fill, logs), np.isnan(logs[:, unknown]).astype(float)])


def _median(column: Floats) -> float:
    known = column[np.isfinite(column)]
    return float(np.median(known)) if len(known) else 0.0
