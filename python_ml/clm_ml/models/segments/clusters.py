"""k-means, and whether its clusters are there: silhouette, and adjusted Rand over bootstraps by customer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clm_ml.models.bootstrap import percentiles, resamples
from clm_ml.models.logistic import Scale
from clm_ml.models.rows import Floats, Ints
from clm_ml.models.segments.buyers import UNITS

NUMBERS = tuple(range(2, 9))
STARTS = 10  # k-means from so many starts
RESTARTS = 3  # and from so many in a resample
RESAMPLES = 30
WORSE = 1.05  # the groups in use stay where they fit so much worse than the best, at most
SILHOUETTE_ROWS = 2_000  # its cost is quadratic

Grouping = Callable[[Floats], Ints]  # the features of customers to the group of each


@dataclass(frozen=True)
class Partition:
    """Centres in the scaled space; a customer belongs to the nearest."""

    scale: Scale
    centers: Floats

    @property
    def number(self) -> int:
        return len(self.centers)

    def columns(self, features: Floats) -> Floats:
        """Where customers stand in the scaled space."""
        return self.scale.columns(features / UNITS)

    def distances(self, features: Floats) -> Floats:
        """From each customer to each centre, in standard deviations."""
        columns = self.columns(features)
        square = ((columns[:, None, :] - self.centers[None, :, :]) ** 2).sum(axis=2)
        result: Floats = np.sqrt(square)
        return result

    def nearest(self, features: Floats) -> Ints:
        """The group of each customer."""
        return self.distances(features).argmin(axis=1).astype(np.int64)

    def confidence(self, features: Floats) -> Floats:
        """0 half way between two groups, 1 at the centre of one: how much nearer the own centre is than the next."""
        first, second = np.sort(self.distances(features), axis=1)[:, :2].T
        return np.where(second > 0, (second - first) / np.where(second > 0, second, 1.0), 0.0)

    def inertia(self, features: Floats) -> float:
        """Squared distances to the own centre, summed."""
        return float((self.distances(features).min(axis=1) ** 2).sum())

    def in_order(self, order: Ints) -> Partition:
        """The same groups, numbered anew."""
        return Partition(self.scale, self.centers[order])


@dataclass(frozen=True)
class Stability:
    """Adjusted Rand of each resample against the whole, and how well each group was found again (Jaccard)."""

    adjusted_rand: Floats
    of_group: Floats


def fit(features: Floats, number: int, seed: int, starts: int = STARTS) -> Partition:
    """k-means on the scaled features."""
    from sklearn.cluster import KMeans

    scale = scale_of(features)
    model = KMeans(n_clusters=number, n_init=starts, random_state=seed).fit(scale.columns(features / UNITS))
    return Partition(scale, model.cluster_centers_.astype(float))


def fit_from(features: Floats, old: Partition, best: Partition) -> Partition | None:
    """k-means from the centres of an older partition: the groups in use, moved to where the customers are now.

    None where they fit the customers clearly worse than the best ones do.
    """
    from sklearn.cluster import KMeans

    scale = scale_of(features)
    logs = old.centers * old.scale.spread + old.scale.center
    if logs.shape[1] != len(scale.center):
        return None
    columns = scale.columns(features / UNITS)
    start = (logs - scale.center) / scale.spread
    model = KMeans(n_clusters=len(start), init=start, n_init=1).fit(columns)
    found = Partition(scale, model.cluster_centers_.astype(float))
    return found if found.inertia(features) <= WORSE * best.inertia(features) else None


def scale_of(features: Floats) -> Scale:
    """sign·log1p in the features' units, standardised."""
    return Scale.of(features / UNITS)


def stability(
    features: Floats, groups: Ints, number: int, again: Callable[[Floats, int], Grouping], seed: int
) -> Stability:
    """How much the grouping owes to who happened to be there: made again of customers drawn with replacement
    (scale and all), it groups everyone, and is compared.
    """
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng([seed, 13])
    rand, found = [], []
    for repeat in range(RESAMPLES):
        drawn = rng.integers(0, len(features), len(features))
        other = again(features[drawn], repeat)(features)
        rand.append(adjusted_rand_score(groups, other))
        found.append(jaccard(groups, other, number).max(axis=1))
    return Stability(np.array(rand), np.mean(found, axis=0))


def jaccard(one: Ints, other: Ints, number: int) -> Floats:
    """Customers in both groups over customers in either, shape (groups of one, groups of the other)."""
    width = int(other.max(initial=0)) + 1
    both = np.bincount(one * width + other, minlength=number * width).reshape(number, width).astype(float)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    result: Floats = both / np.maximum(either, 1)
    return result


def silhouettes(columns: Floats, groups: Ints, rows: Ints) -> Floats:
    """The silhouette of each of the rows among them; NaN where they are all of one group."""
    from sklearn.metrics import silhouette_samples

    if len(np.unique(groups[rows])) < 2:
        return np.full(len(rows), np.nan)
    values: Floats = silhouette_samples(columns[rows], groups[rows])
    return values


def silhouette_rows(count: int, seed: int) -> Ints:
    """The rows that silhouettes are read on: the same for every candidate."""
    if count <= SILHOUETTE_ROWS:
        return np.arange(count)
    return np.sort(np.random.default_rng([seed, 17]).choice(count, SILHOUETTE_ROWS, replace=False))


def mean_with_interval(values: Floats, seed: int, count: int = 400) -> tuple[float, float, float]:
    """A mean over customers and its 95 % interval."""
    people = np.arange(len(values))
    drawn = np.concatenate([w @ values / w.sum(axis=1) for w in resamples(people, count, seed)])
    return (float(values.mean()), *percentiles(drawn))
