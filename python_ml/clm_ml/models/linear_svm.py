"""Linear support vector machine (squared hinge) on the columns of the logistic regression; additive like it."""

from __future__ import annotations

from typing import Any

from clm_ml.models.logistic import LogisticScorer, Scale
from clm_ml.models.rows import Floats

NAME = "linear_svm"
LEARNER: dict[str, Any] = {"C": 0.01}
SETTINGS: dict[str, Any] = {**LEARNER, "fit_rows": 100_000}


def fit(features: Floats, label: Floats, names: tuple[str, ...], seed: int) -> LogisticScorer:
    """The score is the signed distance from the margin: no probability, until calibration makes it one."""
    scale = Scale.of(features)
    return LogisticScorer(scale, *separate(scale.columns(features), label, LEARNER["C"]))


def separate(columns: Floats, label: Floats, c: float) -> tuple[Floats, float]:
    """Weights and intercept of the widest margin. The primal problem, Newton: nothing in it is random."""
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=c, dual=False, tol=1e-6, max_iter=5_000).fit(columns, label)
    return model.coef_[0].astype(float), float(model.intercept_[0])
