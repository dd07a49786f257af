"""What a candidate costs to train and to score, in seconds of the processor: the only figures that never repeat."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from clm_ml.models.candidates import Scorer
from clm_ml.models.rows import Floats

SCORE_ROWS = 2_000
ROUNDS = 3


@dataclass(frozen=True)
class Cost:
    """Of all fits of the contest, and of one fitted scorer for so many customers."""

    fit_count: int
    fit_row_count: int
    fit_seconds: float
    score_row_count: int
    score_seconds: float

    def record(self) -> dict[str, Any]:
        """As ml_candidate_costs holds it."""
        return {
            "fit_count": self.fit_count,
            "fit_row_count": self.fit_row_count,
            "fit_seconds": round(self.fit_seconds, 6),
            "score_row_count": self.score_row_count,
            "score_seconds_per_1000": round(1000 * self.score_seconds / self.score_row_count, 6),
        }


def seconds_to_score(scorer: Scorer, features: Floats) -> float:
    """The fastest of three times: whatever disturbs it only adds."""
    found = []
    for _ in range(ROUNDS):
        started = time.process_time()
        scorer.score(features)
        found.append(time.process_time() - started)
    return min(found)
