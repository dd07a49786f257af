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
    fraction stands in.
    """
    b, c, z = np.broadcast_arrays(b, c, z)
    value = np.full(z.shape, np.nan)
    easy = z < EASY
    value[easy] = hyp2f1(1.0, b[easy], c[easy], z[easy])
    hard = ~(value >= 1 - 1e-9)
    if hard.any():
        value[hard] = fraction(b[hard], c[hard], z[hard])
    return value


def fraction(b: Floats, c: Floats, z: Floats) -> Floats:
    """The same by Gauss's continued fraction (DLMF 15.7.5), evaluated from its far end.

    Each term shrinks the error by (1 − √(1−z))/(1 + √(1−z)), which says how many pairs of terms give all digits. Who
    needs most of them comes first, so that the others join in where they begin.
    """
    gap = np.sqrt(np.maximum(1 - z, NEAREST))
    depth = (DIGITS / (4 * np.arctanh(np.minimum(gap, 1 - NEAREST)))).astype(np.int64) + 3
    order = np.argsort(-depth, kind="stable")
    b, c, z, depth = b[order], c[order], z[order], depth[order]
    active = np.searchsorted(-depth, -np.arange(depth[0]), side="left")
    f = np.ones_like(z)
    for i in range(int(depth[0]) - 1, -1, -1):
        n = int(active[i])
        f[:n] = _two_terms(b[:n], c[:n], z[:n], i, f[:n])
    value = np.empty_like(f)
    value[order] = 1 / f
    return value


def _two_terms(b: Floats, c: Floats, z: Floats, i: int, f: Floats) -> Floats:
    even = c + 2 * i
    f = 1 - (i + 1) * (c - b + i) / (even * (even + 1)) * z / f
    return 1 - (b + i) * (c - 1 + i) / ((even - 1) * even) * z / f
