"""The split in time: training, calibration and test dates that never see one another's outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from clm_ml.errors import DataRefused


@dataclass(frozen=True)
class Slices:
    """As-of dates of a run. Whatever was fitted or calibrated had its outcome known by `test`."""

    train: tuple[date, ...]
    calibration: date
    test: date
    is_calibrated_later: bool

    def words(self) -> str:
        """How the dates were split, for the verdict."""
        span = f"{self.train[0]} … {self.train[-1]}" if len(self.train) > 1 else f"{self.train[0]}"
        if self.is_calibrated_later:
            return f"fitted on {span}, calibrated on {self.calibration}, tested on {self.test}"
        return (
            f"fitted on {span}, tested on {self.test}; the history is too short for a later calibration slice, "
            f"so it was calibrated on {self.calibration} with customers that were not fitted"
        )


def choose_slices(days: tuple[date, ...], horizon_days: int, test: date | None = None) -> Slices:
    """The newest test date, the newest calibration date known by then, the training dates known by that.

    `days` are as-of dates with matured labels. Where no training date is a horizon older than the calibration
    date, training dates up to the calibration date are used: the two then differ by customers only.
    Raises DataRefused where no outcome at all was known by the test date.
    """
    test = _test_date(days, test)
    horizon = timedelta(days=horizon_days)
    known = [day for day in sorted(days) if day + horizon <= test]
    if not known:
        raise DataRefused(
            f"no as-of date is {horizon_days} days older than the test date {test}: "
            f"matured labels exist for {', '.join(map(str, sorted(days)))}",
            "keep more history: raise the variable as_of_count, or add older as_of_dates, and run `dbt build`",
        )
    calibration = known[-1]
    train = [day for day in known if day + horizon <= calibration]
    return Slices(tuple(train or known), calibration, test, bool(train))


def deployment_slices(days: tuple[date, ...], horizon_days: int) -> Slices:
    """The dates of the model that scores: calibrated on the newest matured date, fitted a horizon earlier."""
    newest = max(days)
    train = tuple(day for day in sorted(days) if day + timedelta(days=horizon_days) <= newest)
    return Slices(train, newest, newest, True)


def _test_date(days: tuple[date, ...], wanted: date | None) -> date:
    if not days:
        raise DataRefused(
            "no label has matured yet", "load a longer history, or lower the variable churn_horizon_days"
        )
    if wanted is None:
        return max(days)
    if wanted not in days:
        raise DataRefused(
            f"{wanted} has no matured labels: they exist for {', '.join(map(str, sorted(days)))}",
            "choose one of these dates, or add it to the variable as_of_dates and run `dbt build`",
        )
    return wanted
