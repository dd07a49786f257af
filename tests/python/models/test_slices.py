"""The split in time: whatever is fitted or calibrated had its outcome known by the next step."""

from datetime import date, timedelta

import pytest
from clm_ml.errors import DataRefused
from clm_ml.models.slices import choose_slices, deployment_slices
from hypothesis import given
from hypothesis import strategies as st

SPARSE = (date(2010, 12, 10), date(2011, 3, 10), date(2011, 6, 10), date(2011, 9, 10))
H = timedelta(days=90)


def test_four_sparse_dates():
    slices = choose_slices(SPARSE, 90)
    assert (slices.train, slices.calibration, slices.test) == (SPARSE[:2], SPARSE[2], SPARSE[3])
    assert slices.is_calibrated_later


def test_deployed_model_uses_the_newest_outcomes():
    slices = deployment_slices(SPARSE, 90)
    assert (slices.train, slices.calibration) == (SPARSE[:3], SPARSE[3])


def test_short_history_calibrates_on_customers_that_were_not_fitted_and_says_so():
    slices = choose_slices(SPARSE[2:], 90)
    assert (slices.train, slices.calibration, slices.test) == (SPARSE[2:3], SPARSE[2], SPARSE[3])
    assert not slices.is_calibrated_later
    assert "too short" in slices.words()


def test_without_any_known_outcome_it_refuses():
    with pytest.raises(DataRefused, match="90 days older than the test date"):
        choose_slices((date(2011, 6, 11), date(2011, 9, 8)), 90)


def test_a_test_date_without_labels_is_refused_by_name():
    with pytest.raises(DataRefused, match="2011-07-01 has no matured labels"):
        choose_slices(SPARSE, 90, date(2011, 7, 1))


@given(
    st.sets(st.integers(0, 700), min_size=1, max_size=24),
    st.integers(20, 200),
)
def test_no_outcome_is_used_before_it_was_known(offsets, horizon_days):
    days = tuple(date(2020, 1, 1) + timedelta(days=offset) for offset in offsets)
    horizon = timedelta(days=horizon_days)
    try:
        slices = choose_slices(days, horizon_days)
    except DataRefused:
        assert min(days) + horizon > max(days)
        return
    assert slices.test == max(days)
    assert all(day + horizon <= slices.test for day in (*slices.train, slices.calibration))
    if slices.is_calibrated_later:
        assert all(day + horizon <= slices.calibration for day in slices.train)
