"""Cross-fitting by customer: whoever is predicted or calibrated on was never fitted.

Customers are hashed into folds. One member is fitted without fold j for each fold j; the calibrator learns from
fold j as member j scores it, one calibrator for all folds; a prediction is the mean of the members' scores through
that calibrator. For the published figures all of this happens without fold k, and fold k is predicted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from clm_ml.models.calibration import Platt, fit_platt, sigmoid
from clm_ml.models.candidates import Candidate, Scorer
from clm_ml.models.pace import Pace
from clm_ml.models.rows import Floats, Ints, Rows

Track = Callable[[list[tuple[int, ...]]], Iterator[tuple[int, ...]]]


@dataclass(frozen=True)
class Ensemble:
    """The members, their calibrator, and what is not known about a customer of known probability.

    `left_out` is the fold of customers that each member was not fitted on. Where too few came back to estimate a
    pace, refits say how sure the score is (empty: the members say it).
    """

    algorithm: str
    names: tuple[str, ...]
    members: tuple[Scorer, ...]
    calibrator: Platt
    left_out: tuple[int, ...]
    refits: tuple[Scorer, ...] = ()
    pace: Pace | None = None

    def score(self, features: Floats) -> Floats:
        """The mean of the members' scores."""
        result: Floats = np.mean([member.score(features) for member in self.members], axis=0)
        return result

    def score_left_out(self, features: Floats, fold: Ints) -> Floats:
        """Each row's score from the member that was fitted without its fold; NaN where every member has seen it."""
        return score_left_out(dict(zip(self.left_out, self.members, strict=True)), features, fold)

    def logit(self, features: Floats) -> Floats:
        """Calibrated log odds."""
        return self.calibrator.logit(self.score(features))

    def probability(self, features: Floats) -> Floats:
        """Calibrated probability."""
        return sigmoid(self.logit(features))

    def interval(self, features: Floats, z: float = 1.6448536269514722) -> tuple[Floats, Floats, Floats]:
        """Probability with the 90 % interval of the customer's own one: see `pace`.

        Without a pace it is of the *estimate* alone: who was fitted, and who was calibrated on. Neither covers the
        0/1 outcome, nor a world that changes after the calibration date.
        """
        return self.interval_at(self.score(features), features, z)

    def interval_at(
        self, score: Floats, features: Floats, z: float = 1.6448536269514722
    ) -> tuple[Floats, Floats, Floats]:
        """The same where the score is known already."""
        if self.pace:
            probability = self.calibrator.probability(score)
            return probability, *self.pace.interval(probability)
        variance = self.calibrator.variance(score) + self.calibrator.slope**2 * self._score_variance(features)
        center, half = self.calibrator.logit(score), z * np.sqrt(variance)
        return sigmoid(center), sigmoid(center - half), sigmoid(center + half)

    def _score_variance(self, features: Floats) -> Floats:
        """Of the refits on drawn customers; else the delete-a-group jackknife over the members."""
        if self.refits:
            return np.var([scorer.score(features) for scorer in self.refits], axis=0, ddof=1)
        count = len(self.members)
        scores = np.array([member.score(features) for member in self.members])
        variance: Floats = (count - 1) * scores.var(axis=0)
        return variance


def pairs(folds: int) -> list[tuple[int, ...]]:
    """Every two folds that are left out together."""
    return list(combinations(range(folds), 2))


def singles(folds: int) -> list[tuple[int, ...]]:
    """Every fold that is left out alone."""
    return [(fold,) for fold in range(folds)]


def fit_without(candidate: Candidate, rows: Rows, fold: Ints, left_out: tuple[int, ...], seed: int) -> Scorer:
    """The candidate, fitted on the customers of the other folds."""
    kept = rows.take(~np.isin(fold, left_out))
    kept = candidate.rows(thin(kept, candidate.fit_rows, seed))
    return candidate.fit(kept.features, kept.label, kept.names, seed)


def thin(rows: Rows, most: int, seed: int) -> Rows:
    """At most this many rows, the same ones every time (0: all)."""
    if not most or len(rows) <= most:
        return rows
    chosen = np.random.default_rng([seed, 3]).choice(len(rows), most, replace=False)
    return rows.take(np.sort(chosen))


def cross_ensembles(
    candidate: Candidate, fitted: dict[tuple[int, ...], Scorer], calibration: Rows, fold: Ints, folds: int
) -> list[Ensemble]:
    """Per fold k the ensemble that has never seen k's customers, from the fits that left out each pair of folds."""
    ensembles = []
    for held in range(folds):
        members = {other: fitted[_pair(held, other)] for other in range(folds) if other != held}
        ensembles.append(assemble(candidate.name, members, calibration, fold))
    return ensembles


def assemble(algorithm: str, members: dict[int, Scorer], calibration: Rows, fold: Ints) -> Ensemble:
    """Calibrate members on the folds that each of them left out. `members` is fold to scorer."""
    score = score_left_out(members, calibration.features, fold)
    seen = np.isfinite(score)
    calibrator = fit_platt(score[seen], calibration.label[seen])
    return Ensemble(algorithm, calibration.names, tuple(members.values()), calibrator, tuple(members))


def score_left_out(members: dict[int, Scorer], features: Floats, fold: Ints) -> Floats:
    """Each row's score from the member that left its fold out; NaN where there is none."""
    score = np.full(len(features), np.nan)
    for left_out, member in members.items():
        here = fold == left_out
        if here.any():
            score[here] = member.score(features[here])
    return score


def predict_held_out(ensembles: list[Ensemble], features: Floats, fold: Ints) -> Floats:
    """Each row's probability from the ensemble that has never seen its customer."""
    probability = np.full(len(features), np.nan)
    for held, ensemble in enumerate(ensembles):
        here = fold == held
        if here.any():
            probability[here] = ensemble.probability(features[here])
    return probability


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
