"""Which new segment is which old one: the assignment that keeps most customers together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clm_ml.models.rows import Floats, Ints
from clm_ml.models.segments.clusters import jaccard

SAME = 0.5  # below this overlap a cluster has dissolved (Hennig 2007)


@dataclass(frozen=True)
class Segment:
    """A segment as it is published. `overlap` is the share of customers kept from the run before."""

    segment_id: int
    name: str
    overlap: float | None = None


def overlaps(new: Ints, number: int, old: Ints, old_number: int) -> Floats:
    """Jaccard of every new group with every old one, on the same customers."""
    found = jaccard(new, old, number)
    return np.hstack([found, np.zeros((number, old_number - found.shape[1]))])


def matched(overlap: Floats) -> dict[int, int]:
    """New group to old group, where at least half of either's customers are in both."""
    from scipy.optimize import linear_sum_assignment

    pairs = zip(*linear_sum_assignment(-overlap), strict=True)
    return {int(new): int(old) for new, old in pairs if overlap[new, old] >= SAME}
