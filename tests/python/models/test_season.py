"""The two dates a year ago, the offset that meets a rate, and when it counts as a season."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest
from clm_ml.models.calibration import Platt, logit, sigmoid
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.rows import Rows, fold_of
from clm_ml.models.season import Pair, Shift, moved, offset, pair_a_year_ago, shift_of, words
from hypothesis import given
from hypothesis import strategies as st

JUNE, SEPTEMBER = date(2023, 6, 30), date(2023, 9, 30)
PAIR = Pair(JUNE, SEPTEMBER)
MONTHS = (date(2023, 5, 31), JUNE, date(2023, 8, 31), SEPTEMBER, date(2024, 6, 10))


@dataclass(frozen=True)
class Knows:
    """Knows every customer's log odds (feature 0), and was fitted on all but one fold (feature 1)."""

    left_out: int | None = None

    def score(self, features):
        assert self.left_out is None or (features[:, 1] == self.left_out).all(), "a fitted customer was measured"
        return features[:, 0]


def ensemble(members=(Knows(),) * 3):
    return Ensemble("knows", ("odds",), members, Platt(0.0, 1.0, (0.01, 0.0, 0.0)), (0, 1, 2))


def shift(june=0.0, september=0.0, customers=3000, seed=0):
    """The shift where the true log odds are off by so much on the two dates."""
    rng = np.random.default_rng(seed)
    names = np.array([f"carla-{i}" for i in range(customers)], dtype=object)
    odds = rng.normal(0, 1.2, 2 * customers)
    level = np.repeat([june, september], customers)
    fold = fold_of(np.r_[names, names], 3, 0)
    rows = Rows(
        ("odds", "fold"),
        np.r_[names, names],
        np.repeat(np.array([JUNE, SEPTEMBER], dtype="datetime64[D]"), customers),
        np.column_stack([odds, fold]),
        (rng.random(2 * customers) < sigmoid(odds + level)).astype(float),
    )
    return shift_of(ensemble(tuple(Knows(left_out) for left_out in range(3))), rows, fold, PAIR)


def test_the_nearest_dates_within_half_a_month_are_taken():
    assert pair_a_year_ago(MONTHS, 90, date(2024, 6, 10), date(2024, 9, 10)) == Pair(MONTHS[0], MONTHS[2])
    assert pair_a_year_ago(MONTHS, 90, date(2024, 6, 14), date(2024, 9, 17)) == Pair(MONTHS[0], SEPTEMBER)
    assert pair_a_year_ago(MONTHS, 90, date(2024, 7, 17), date(2024, 9, 17)) is None
    assert pair_a_year_ago(MONTHS, 380, date(2024, 6, 10), date(2024, 9, 10)) is None
    assert pair_a_year_ago((date(2023, 2, 28),), 90, date(2024, 2, 29), date(2024, 2, 29)) is not None


@given(st.integers(3, 31), st.integers(20, 420), st.integers(400, 900), st.integers(0, 200))
def test_what_is_taken_was_known_and_is_near(step, horizon_days, predicted, between):
    day = [date(2020, 1, 1) + timedelta(days=n) for n in range(901)]
    calibration = predicted - between
    pair = pair_a_year_ago(day[::step], horizon_days, day[calibration], day[predicted])
    if pair:
        for then, now in ((pair.calibration, day[calibration]), (pair.predicted, day[predicted])):
            assert then + timedelta(days=horizon_days) <= day[predicted]
            assert abs((now - then).days - 365) <= 17


def test_the_offset_of_equal_odds_is_a_difference_of_log_odds():
    label = np.repeat([1.0, 0.0], [30, 70])
    found, pull = offset(np.full(100, 0.7), label)
    assert found == pytest.approx(float(logit(np.array(0.3))) - 0.7)
    assert np.sqrt((pull**2).sum()) == pytest.approx(1 / np.sqrt(100 * 0.3 * 0.7))


def test_a_season_is_found_with_an_error_that_repeated_samples_confirm():
    found = [shift(0.0, -0.5, customers=800, seed=seed) for seed in range(60)]
    assert np.mean([one.measured for one in found]) == pytest.approx(-0.5, abs=0.05)
    assert np.std([one.measured for one in found]) == pytest.approx(np.mean([one.error for one in found]), rel=0.3)
    assert sum(one.is_clear for one in found) >= 55


def test_no_season_is_not_clear():
    assert sum(shift(seed=seed, customers=800).is_clear for seed in range(40)) <= 5


def test_a_level_that_wandered_over_the_year_is_no_season():
    assert shift(june=0.0, september=-0.4).is_clear
    wandered = shift(june=-0.8, september=-0.4)
    assert not wandered.is_clear
    assert wandered.amount == 0


def test_too_few_of_a_class_say_nothing():
    assert shift(september=-9.0) is None


def test_the_probability_moves_and_the_interval_grows():
    odds = np.array([[-1.0], [2.0]])
    there = moved(ensemble(), Shift(-0.5, 0.2, True))
    probability, low, high = there.interval(odds)
    assert logit(probability) == pytest.approx(odds[:, 0] - 0.5)
    assert logit(high) - logit(low) == pytest.approx(np.full(2, 2 * 1.6449 * np.sqrt(0.01 + 0.2**2)), rel=1e-3)
    assert moved(ensemble(), Shift(-0.5, 0.4, False)) == moved(ensemble(), None) == ensemble()


def test_words():
    clear, unclear = Shift(-0.6, 0.1, True), Shift(-0.1, 0.1, False)
    assert words([clear, clear], PAIR) == "level moved by −0.60 as a year ago (2023-06-30 → 2023-09-30)"
    assert words([clear, unclear], PAIR).endswith("by −0.30 as a year ago (2023-06-30 → 2023-09-30, in 1 of 2 folds)")
    assert words([unclear], PAIR).endswith("says (−0.10, 2023-06-30 → 2023-09-30) is within 2 × 0.10")
    assert "fewer than 30 churned or retained customers" in words([None], PAIR)
    assert words([unclear], Pair(JUNE, JUNE)) == "level not moved: calibrated at the same time of the year"
    assert words([None], None) == "level not moved: no date a year ago"
