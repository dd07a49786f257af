"""The rule: RFM scores by rank among a set of customers, and the name of each code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clm_ml.models.rows import Floats, Ints

NAME = "rfm_segments"
MEASURES = ("recency_days", "frequency_count", "monetary_amount")
SEGMENTS = (
    "Champions", "Loyal", "Potential Loyalist", "New Customers", "Promising", "Need Attention", "About To Sleep",
    "At Risk", "Cannot Lose Them", "Hibernating", "Lost",
)  # fmt: skip
FIRST_ID = 101  # ids below are the clusters'


@dataclass(frozen=True)
class RfmRule:
    """The values the ranks are taken among, sorted; positions of the three measures; code to segment."""

    ranked: tuple[Floats, Floats, Floats]
    positions: tuple[int, int, int]
    segment_of: dict[int, int]

    @classmethod
    def of(cls, features: Floats, names: tuple[str, ...], codes: dict[str, str]) -> RfmRule:
        """`codes` is the seed rfm_segments: code to name."""
        recency, frequency, money = (names.index(name) for name in MEASURES)
        values = (-features[:, recency], features[:, frequency], features[:, money])
        segment_of = {int(code): SEGMENTS.index(name) for code, name in codes.items()}
        return cls(tuple(np.sort(v) for v in values), (recency, frequency, money), segment_of)  # type: ignore[arg-type]

    def segments(self, features: Floats) -> Ints:
        """The position of each customer's segment in SEGMENTS. Score = 1 + floor(5 (rank − 1) / n)."""
        recency, frequency, money = self.positions
        values = (-features[:, recency], features[:, frequency], features[:, money])
        scores = [self._score(ranked, value) for ranked, value in zip(self.ranked, values, strict=True)]
        codes = 100 * scores[0] + 10 * scores[1] + scores[2]
        return np.array([self.segment_of[code] for code in codes.tolist()], dtype=np.int64)

    def _score(self, ranked: Floats, value: Floats) -> Ints:
        below = np.searchsorted(ranked, value, side="left")
        return np.minimum(1 + 5 * below // len(ranked), 5).astype(np.int64)
