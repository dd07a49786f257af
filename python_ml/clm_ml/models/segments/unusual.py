"""The unusual few: customers with hardly anybody like them.

HDBSCAN on the scaled features finds the customers that belong to no dense group at a distance learned from the data:
three robust standard deviations above the usual distance to the tenth neighbour, on the log scale. Its cost is
quadratic, so it sees a bounded sample; anybody, then or later, is held against the typical customers of that sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clm_ml.models.rows import Flags, Floats

NEIGHBOURS = 10
FAR = 3.0
MOST_ROWS = 5_000
MOST_SHARE = 0.05  # more of them would not be few


@dataclass(frozen=True)
class Unusual:
    """Typical customers in the scaled space, and how near the tenth of them has to be."""

    typical: Floats
    limit: float

    def flags(self, columns: Floats) -> Flags:
        """Who has fewer than ten typical customers within the limit."""
        from scipy.spatial import cKDTree

        if len(self.typical) < NEIGHBOURS:
            return np.zeros(len(columns), bool)
        within = cKDTree(self.typical).query(columns, k=[NEIGHBOURS], distance_upper_bound=self.limit * (1 + 1e-9))[0]
        unusual: Flags = ~np.isfinite(within[:, 0])
        return unusual


def learn(columns: Floats, seed: int) -> Unusual:
    """The typical customers of (a sample of) these, and the limit."""
    from scipy.spatial import cKDTree
    from sklearn.cluster import HDBSCAN

    rng = np.random.default_rng([seed, 19])
    sample = columns[np.sort(rng.choice(len(columns), min(len(columns), MOST_ROWS), replace=False))]
    distance = cKDTree(sample).query(sample, k=[NEIGHBOURS])[0][:, 0]
    limit = _limit(distance)
    tree = HDBSCAN(min_cluster_size=NEIGHBOURS, min_samples=NEIGHBOURS, allow_single_cluster=True, copy=True)
    groups = tree.fit(sample).dbscan_clustering(limit, min_cluster_size=NEIGHBOURS)
    return Unusual(sample[groups >= 0], limit)


def _limit(distance: Floats) -> float:
    logs = np.log(np.maximum(distance, 1e-3))
    middle = float(np.median(logs))
    spread = 1.4826 * float(np.median(np.abs(logs - middle)))
    return max(float(np.exp(middle + FAR * spread)), float(np.quantile(distance, 1 - MOST_SHARE)))
