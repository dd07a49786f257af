"""The level of the season: what the same two times of the year did to it a year ago.

A calibrator holds for its own date C. Where demand is seasonal, the rate at the date D to be predicted is another.
A year before, both outcomes are known: the calibrated log odds of held-out customers need an offset to meet the rate
observed at C − 1 year, and another at D − 1 year. The difference moves the prediction, where it is clearly a season.

Clearly: more than twice its uncertainty. That is sampling (by customer), and drift: the offset at C − 1 year would be
0 if nothing but the season mattered, so it tells how far the level wanders in a year; what a random walk of that size
does between the two dates could be taken for a season.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from clm_ml.models.calibration import logit, sigmoid
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.guards import MIN_OF_EACH_CLASS
from clm_ml.models.rows import Floats, Ints, Rows

TOLERANCE_DAYS = 16  # half a month: monthly snapshots always have a nearest one
CLEAR = 2.0  # standard errors
YEAR_DAYS = 365


@dataclass(frozen=True)
class Pair:
    """The as-of dates nearest to a year before the calibration date and before the predicted date."""

    calibration: date
    predicted: date

    def __str__(self) -> str:
        return f"{self.calibration} → {self.predicted}"


@dataclass(frozen=True)
class Shift:
    """What the level moved by a year ago, in log odds, and its standard error; `is_clear` where it is applied."""

    measured: float
    error: float
    is_clear: bool

    @property
    def amount(self) -> float:
        """What is added to the log odds."""
        return self.measured if self.is_clear else 0.0


def pair_a_year_ago(days: Sequence[date], horizon_days: int, calibration: date, predicted: date) -> Pair | None:
    """Of the dates whose outcome was known on the predicted date, those a year before; None where one is missing."""
    known = [day for day in sorted(days) if day + timedelta(days=horizon_days) <= predicted]
    first, second = _nearest(known, _a_year_before(calibration)), _nearest(known, _a_year_before(predicted))
    return Pair(first, second) if first and second else None


def shift_of(ensemble: Ensemble, rows: Rows, fold: Ints, pair: Pair | None) -> Shift | None:
    """The shift between the pair's dates, from customers scored by the member that was fitted without them.

    None where there is no pair, or fewer than 30 churned or retained customers on one of its dates.
    """
    if pair is None:
        return None
    before, after = (_held_out(ensemble, rows, fold, day) for day in (pair.calibration, pair.predicted))
    if min(_smaller_class(before[1]), _smaller_class(after[1])) < MIN_OF_EACH_CLASS:
        return None
    first, pull_before = offset(before[0], before[1])
    second, pull_after = offset(after[0], after[1])
    person = np.unique(np.r_[before[2], after[2]].astype(str), return_inverse=True)[1]
    sampling = float((np.bincount(person, np.r_[-pull_before, pull_after]) ** 2).sum())
    drift = first**2 * abs((pair.predicted - pair.calibration).days) / YEAR_DAYS
    error = float(np.sqrt(sampling + drift))
    return Shift(second - first, error, abs(second - first) > CLEAR * error)


def moved(ensemble: Ensemble, shift: Shift | None) -> Ensemble:
    """The ensemble at the season's level; its interval holds the shift's uncertainty. AUC and reasons stay."""
    if shift is None or not shift.is_clear:
        return ensemble
    pace = ensemble.pace.widened(shift.error**2) if ensemble.pace else None
    return replace(ensemble, calibrator=ensemble.calibrator.moved(shift.amount, shift.error**2), pace=pace)


def offset(log_odds: Floats, label: Floats) -> tuple[float, Floats]:
    """What has to be added to the log odds to meet the observed rate, and each row's pull on it (its influence)."""
    level = float(logit(label.mean()) - logit(sigmoid(log_odds).mean()))
    for _ in range(50):
        p = sigmoid(log_odds + level)
        step = float(np.clip((label - p).sum() / (p * (1 - p)).sum(), -2, 2))
        level += step
        if abs(step) < 1e-12:
            break
    p = sigmoid(log_odds + level)
    return level, (label - p) / (p * (1 - p)).sum()


def level_by_date(log_odds: Floats, label: Floats, day: np.ndarray) -> Floats:
    """The log odds moved, date by date, to the observed rate; NaN on a date on which all did the same."""
    moved = np.full(len(log_odds), np.nan)
    for one in np.unique(day):
        here = (day == one) & np.isfinite(log_odds)
        if 0 < label[here].sum() < here.sum():
            moved[here] = log_odds[here] + offset(log_odds[here], label[here])[0]
    return moved


def mean_amount(shifts: Sequence[Shift | None]) -> float | None:
    """The mean of what is added, over ensembles; None where none could be measured."""
    measured = [shift.amount for shift in shifts if shift]
    return float(np.mean(measured)) if measured else None


def words(shifts: Sequence[Shift | None], pair: Pair | None) -> str:
    """What was done to the level, and why, for the verdict and the narration. One shift per ensemble."""
    if pair is None:
        return "level not moved: no date a year ago"
    if pair.calibration == pair.predicted:
        return "level not moved: calibrated at the same time of the year"
    measured = [shift for shift in shifts if shift]
    if not measured:
        return f"level not moved: fewer than {MIN_OF_EACH_CLASS} churned or retained customers a year ago ({pair})"
    clear = sum(shift.is_clear for shift in measured)
    if clear:
        some = "" if clear == len(shifts) else f", in {clear} of {len(shifts)} folds"
        return f"level moved by {_signed(mean_amount(shifts) or 0.0)} as a year ago ({pair}{some})"
    change, error = (float(np.mean([getattr(shift, name) for shift in measured])) for name in ("measured", "error"))
    return f"level not moved: what a year ago says ({_signed(change)}, {pair}) is within 2 × {error:.2f}"


def _held_out(ensemble: Ensemble, rows: Rows, fold: Ints, day: date) -> tuple[Floats, Floats, np.ndarray]:
    here = rows.on((day,))
    on_day = rows.take(here)
    log_odds = ensemble.calibrator.logit(ensemble.score_left_out(on_day.features, fold[here]))
    seen = np.isfinite(log_odds)
    return log_odds[seen], on_day.label[seen], on_day.customer[seen]


def _nearest(days: list[date], wanted: date) -> date | None:
    near = [day for day in days if abs((day - wanted).days) <= TOLERANCE_DAYS]
    return min(near, key=lambda day: (abs((day - wanted).days), day)) if near else None


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _smaller_class(label: Floats) -> int:
    return int(min((label == 1).sum(), (label == 0).sum()))


def _signed(amount: float) -> str:
    return f"{amount:+.2f}".replace("-", "−")
