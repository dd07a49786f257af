"""NBD: nobody ever drops out. What a dropout process has to beat before it is believed (Ehrenberg 1959)."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, psi

from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.maximum import Maximum, maximise
from clm_ml.models.rows import Floats

NAMES = ("r", "alpha")
STARTS = ((0.5, 0.5), (2.0, 2.0))


def fit(cells: Cells) -> Maximum:
    """Maximum likelihood; time in the cells' own unit."""
    starts = [np.log(np.array(start)) for start in STARTS]
    return maximise(lambda at: log_likelihood(at, cells), starts, NAMES, cells.customers)


def log_likelihood(log_params: Floats, cells: Cells) -> tuple[float, Floats]:
    """Σ log Γ(r+x)/Γ(r) α^r (α+T)^−(r+x), and its gradient by the log parameters."""
    r, alpha = np.exp(log_params)
    x, n = cells.purchases, cells.count
    per_purchases = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    logs = np.log(alpha + cells.age)
    value = n @ (per_purchases[cells.which] - (r + cells.frequency) * logs)
    by_r = n @ ((psi(r + x) - psi(r) + np.log(alpha))[cells.which] - logs)
    by_alpha = n @ (r / alpha - (r + cells.frequency) / (alpha + cells.age))
    return float(value), np.array([by_r * r, by_alpha * alpha])
