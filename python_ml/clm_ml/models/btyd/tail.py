"""The one integral that Pareto/NBD is made of, without overflow or cancellation."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, gammasgn, hyp2f1

from clm_ml.models.rows import Floats

EASY = 0.8  # 1 − y below this is left to scipy
DIGITS = 37.0  # log of 10¹⁶
NEAREST = 1e-9  # of z to 1
NEAR = 0.02  # y below this is first tried from 1
TERMS = 24  # of the series in y
MOST_CANCELLED = 30.0  # times the value: so many digits may be lost, one and a half


def log_tail(m: Floats, n: float, a: Floats, b: Floats) -> Floats:
    """log ∫₀^∞ (a+u)^−m (b+u)^−n du, for m + n > 1 and a, b > 0.

    Written so that ₂F₁(1, ·; m+n; z) stays between 1 and 1/(1−z), whichever of a and b is larger.
    """
    larger, smaller = np.maximum(a, b), np.minimum(a, b)
    own, other = np.where(a >= b, m, n), np.where(a >= b, n, m)
    ratio = np.log(smaller) - np.log(larger)
    q = m + n - 1
    series = gauss(own, m + n, smaller / larger)
    return -q * np.log(larger) - np.log(q) + (1 - other) * ratio + np.log(series)


def gauss(b: Floats, c: Floats, y: Floats) -> Floats:
    """₂F₁(1, b; c; 1−y) for 0 < b < c, c > 1 and 0 < y ≤ 1.

    Far from y = 0 by scipy. Near it scipy's hyp2f1 is slow, loses half its digits where b is large, and gives NaN:
    there the series in y stands in, and Gauss's continued fraction where that one's two parts cancel.
    """
    b, c, y = np.broadcast_arrays(b, c, y)
    value = np.full(y.shape, np.nan)
    easy = y > 1 - EASY
    value[easy] = hyp2f1(1.0, b[easy], c[easy], 1 - y[easy])
    near = y < NEAR
    value[near] = from_one(b[near], c[near], y[near])
    hard = ~(value >= 1 - 1e-9)
    if hard.any():
        value[hard] = fraction(b[hard], c[hard], 1 - y[hard])
    return value


def from_one(b: Floats, c: Floats, y: Floats) -> Floats:
    """The same by its expansion about y = 0 (DLMF 15.8.4); NaN where that loses digits.

    It is the sum of a series in y and of a power of y, which are infinite with opposite signs where c − b is whole.
    """
    d = c - b - 1
    term, series = np.ones_like(y), np.ones_like(y)
    with np.errstate(all="ignore"):
        for k in range(TERMS):
            term = term * (b + k) / (k + 1 - d) * y
            series = series + term
        series = (c - 1) / d * series
        size = gammaln(c) + gammaln(-d) - gammaln(b) + d * np.log(y) + (1 - c) * np.log1p(-y)
        value = series + gammasgn(-d) * np.exp(size)
        sound = (np.abs(term) < 1e-17 * np.abs(series)) & (np.abs(series) < MOST_CANCELLED * value)
    return np.where(sound, value, np.nan)


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
