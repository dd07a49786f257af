"""What is not known about a customer of known probability: recovered from drawn shops, and covering the truth."""

import numpy as np
import pytest
from clm_ml.models.calibration import logit
from clm_ml.models.pace import FEWEST, Pace, Seen, fit_pace, leaving, pace_of
from clm_ml.models.season import level_by_date

LAW = Pace(k=6.0, slowest=0.4, leaves=0.05)


def drawn(law: Pace, customers: int, seed: int = 1):
    """Published probabilities, each customer's true one, and the purchase days that came of it."""
    rng = np.random.default_rng(seed)
    published = rng.uniform(0.03, 0.99, customers)
    mean, gone = law.states(published)
    pace = np.where(rng.random(customers) < gone, 0.0, rng.gamma(law.k, mean / law.k))
    left = np.where(rng.random(customers) < law.leaves, rng.random(customers), 1.0)
    safe = np.maximum(pace, 1e-12)
    own = (1 - law.leaves) * np.exp(-pace) - law.leaves * np.expm1(-safe) / safe
    return published, np.where(pace == 0, 1.0, own), rng.poisson(pace * left).astype(float)


def test_the_law_has_the_published_probability_as_its_mean():
    published, own, count = drawn(LAW, 200_000)
    for low in (0.05, 0.3, 0.6, 0.9):
        here = (published > low) & (published < low + 0.08)
        assert own[here].mean() == pytest.approx(published[here].mean(), abs=0.006)
        assert (count[here] == 0).mean() == pytest.approx(published[here].mean(), abs=0.012)


def test_the_law_is_found_again():
    published, _, count = drawn(LAW, 60_000, seed=2)
    found = fit_pace(logit(published), count, LAW.leaves)
    assert found is not None
    assert found.k == pytest.approx(LAW.k, rel=0.1)
    assert found.slowest == pytest.approx(LAW.slowest, rel=0.15)


def test_intervals_cover_nine_in_ten_wherever_not_nearly_all_are_gone():
    published, own, _ = drawn(LAW, 60_000)
    low, high = LAW.interval(published)
    _, gone = LAW.states(published)
    covered = (low <= own) & (own <= high)
    for least, most in ((-1, 0), (0, 0.05), (0.05, 0.3), (0.3, 0.6), (0.6, 0.9)):
        here = (gone > least) & (gone <= most)
        assert covered[here].mean() == pytest.approx(0.9, abs=0.02), (least, most)
    assert covered[gone > 0.9].mean() >= 0.9  # the point 1 alone is more than nine in ten


@pytest.mark.parametrize("law", [LAW, Pace(1.0, 0.02, 0.0009), Pace(300.0, 8.0, 0.4)])
def test_low_is_not_above_and_high_not_below_even_at_the_ends(law):
    published = np.array([0.0, 1e-12, 1e-6, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-9, 1.0])
    with np.errstate(divide="ignore"):
        low, high = law.interval(published)
    assert np.isfinite(low).all()
    assert ((low >= 0) & (low <= published) & (published <= high) & (high <= 1)).all()


def test_who_may_be_gone_may_be_at_one_and_who_is_surely_there_is_not():
    low, high = LAW.interval(np.array([0.1, 0.85]))
    assert high[1] == 1
    assert high[0] < 0.5
    assert low[1] < 0.7


def test_an_uncertain_level_widens():
    published = np.array([0.1, 0.3, 0.5])
    low, high = LAW.interval(published)
    wider_low, wider_high = LAW.widened(0.2).interval(published)
    assert (wider_low < low).all()
    assert (wider_high > high).all()


def test_alike_customers_have_narrow_intervals():
    alike, unlike = (Pace(k, 0.4, 0.05).interval(np.array([0.2])) for k in (50.0, 2.0))
    assert alike[1] - alike[0] < 0.5 * (unlike[1] - unlike[0])


def test_few_who_came_back_say_nothing():
    log_odds, count = np.zeros(500), np.zeros(500)
    count[: FEWEST - 1] = 2
    assert fit_pace(log_odds, count, 0.0) is None
    count[: FEWEST + 1] = 2
    assert fit_pace(log_odds, count, 0.0) is not None
    log_odds[:2] = np.nan
    assert fit_pace(log_odds, count, 0.0) is None


def test_the_same_rows_in_any_order_give_the_same_digits():
    published, _, count = drawn(LAW, 2_000)
    again = np.random.default_rng(0).permutation(2_000)
    assert fit_pace(logit(published), count, 0.1) == fit_pace(logit(published)[again], count[again], 0.1)


def test_each_date_is_moved_to_its_own_rate():
    day = np.repeat(np.array(["2025-01-31", "2025-02-28", "2025-03-31"], dtype="datetime64[D]"), 4)
    label = np.array([1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1], dtype=float)
    moved = level_by_date(np.r_[np.zeros(8), np.ones(4)], label, day)
    assert moved[:8] == pytest.approx([np.log(1 / 3)] * 4 + [np.log(3)] * 4)
    assert np.isnan(moved[8:]).all()


def probability_of(gone, mean=2.0):
    """What is published of somebody who is gone with this probability and else has this pace."""
    none = LAW.count_probability(np.zeros(1), np.array([mean]))
    return gone + (1 - gone) * none


def test_who_leaves_is_seen_in_the_same_customers_a_horizon_later():
    law = Pace(LAW.k, 2.0, LAW.leaves)
    names = np.array(["anna", "ben", "carla", "anna", "ben", "dora"], dtype=object)
    day = np.repeat(np.array(["2025-01-31", "2025-05-01"], dtype="datetime64[D]"), 3)
    gone = np.array([0.1, 0.3, 0.9, 0.3, 0.3, 0.0])
    seen = Seen(logit(probability_of(gone)), np.ones(6), names, day)
    assert leaving(law, seen, 90) == pytest.approx(0.2 / 1.6)  # anna's 0.2 of the 0.9 + 0.7 who were there
    assert leaving(law, seen, 45) == pytest.approx(1 - (1 - 0.2 / 1.6) ** 0.5)  # half the time
    assert leaving(law, seen, 91) == 0.0


def test_without_two_dates_a_horizon_apart_nobody_leaves_and_with_few_returns_there_is_no_pace():
    published, _, count = drawn(LAW, 2_000)
    names, day = np.arange(2_000).astype(str).astype(object), np.full(2_000, "2025-01-31", dtype="datetime64[D]")
    found = pace_of(Seen(logit(published), count, names, day), 90)
    assert found is not None
    assert found.leaves == 0
    assert pace_of(Seen(logit(published), np.zeros(2_000), names, day), 90) is None
