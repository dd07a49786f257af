"""The one integral that Pareto/NBD is made of, without overflow or cancellation."""

from __future__ import annotations

import numpy as np
from scipy.special import hyp2f1

from clm_ml.models.rows import Floats

EASY = 0.8  # z below this is left to scipy
DIGITS = 37.0  # log of 10¹⁶
NEAREST = 1e-9  # of z to 1


def log_tail(m: Floats, n: float, a: Floats, b: Floats) -> Floats:
    """log ∫₀^∞ (a+u)^−m (b+u)^−n du, for m + n > 1 and a, b > 0.

    Written so that ₂F₁(1, ·; m+n; z) stays between 1 and 1/(1−z), whichever of a and b is larger.
    """
    larger, smaller = np.maximum(a, b), np.minimum(a, b)
    own, other = np.where(a >= b, m, n), np.where(a >= b, n, m)
    ratio = np.log(smaller) - np.log(larger)
    q = m + n - 1
    series = gauss(own, m + n, (larger - smaller) / larger)
    return -q * np.log(larger) - np.log(q) + (1 - other) * ratio + np.log(series)


def gauss(b: Floats, c: Floats, z: Floats) -> Floats:
    """₂F₁(1, b; c; z) for 0 < b < c, c > 1 and 0 ≤ z < 1.

    Near z = 1 scipy's hyp2f1 is slow, loses half its digits where b is large, and gives NaN: there Gauss's continued
    fraction (DLMF 15.7.5) is evaluated from its far end. How far depends on z alone, by eighths of a decade of 1 − z.
    """
    b, c, z = np.broadcast_arrays(b, c, z)
    value = np.full(z.shape, np.nan)
    easy = z < EASY
    value[easy] = hyp2f1(1.0, b[easy], c[easy], z[easy])
    hard = ~(value >= 1 - 1e-9)
    nearness = np.floor(-8 * np.log10(np.maximum(1 - z, NEAREST))).astype(np.int64)
    for k in np.unique(nearness[hard]):
        here = hard & (nearness == k)
        value[here] = _fraction(b[here], c[here], z[here], _depth(10.0 ** (-(k + 1) / 8)))
    return value


def _depth(gap: float) -> int:
    """How many pairs of terms z = 1 − gap needs: each term shrinks the error by (1 − √gap)/(1 + √gap)."""
    return int(DIGITS / (4 * np.arctanh(np.sqrt(gap)))) + 3


def _fraction(b: Floats, c: Floats, z: Floats, depth: int) -> Floats:
    f = np.ones_like(z)
    for i in range(depth - 1, -1, -1):
        f = 1 - (i + 1) * (c - b + i) / ((c + 2 * i) * (c + 2 * i + 1)) * z / f
        f = 1 - (b + i) * (c - 1 + i) / ((c - 1 + 2 * i) * (c + 2 * i)) * z / f
    return 1 / f
