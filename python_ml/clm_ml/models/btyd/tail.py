"""The one integral that Pareto/NBD is made of, without overflow or cancellation."""

from __future__ import annotations

import numpy as np
from scipy.special import hyp2f1

from clm_ml.models.rows import Floats

TINY = 1e-300


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
    """₂F₁(1, b; c; z) for 0 < b < c and 0 ≤ z < 1; a continued fraction where the library gives up."""
    value = np.asarray(hyp2f1(1.0, b, c, z), dtype=float)
    bad = ~((value >= 1 - 1e-9) & (value * (1 - z) <= 1 + 1e-9))
    if bad.any():
        b, c, z = (np.broadcast_to(part, value.shape)[bad] for part in (b, c, z))
        value[bad] = gauss_fraction(b, c, z)
    return value


def gauss_fraction(b: Floats, c: Floats, z: Floats) -> Floats:
    """₂F₁(1, b; c; z) as Gauss's continued fraction (DLMF 15.7.5), by Lentz's method."""
    f, ahead, behind = np.ones_like(z), np.ones_like(z), np.zeros_like(z)
    for j in range(1, 20_000):
        i = (j - 1) // 2
        term = _odd(b, c, i) if j % 2 else _even(b, c, i)
        behind = 1 / np.maximum(1 - term * z * behind, TINY)
        ahead = np.maximum(1 - term * z / ahead, TINY)
        f = f * ahead * behind
        if np.abs(ahead * behind - 1).max() < 1e-15:
            break
    return 1 / f


def _odd(b: Floats, c: Floats, i: int) -> Floats:
    return (b + i) * (c - 1 + i) / ((c - 1 + 2 * i) * (c + 2 * i))


def _even(b: Floats, c: Floats, i: int) -> Floats:
    return (i + 1) * (c - b + i) / ((c + 2 * i) * (c + 2 * i + 1))
