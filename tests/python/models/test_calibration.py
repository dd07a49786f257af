"""Platt's step from score to probability."""

import numpy as np
import pytest
from clm_ml.models.calibration import fit_platt, sigmoid


def test_it_finds_the_true_line():
    rng = np.random.default_rng(0)
    score = rng.normal(2, 3, 20_000)
    label = (rng.random(20_000) < sigmoid(-1 + 0.5 * score)).astype(float)
    platt = fit_platt(score, label)
    assert (platt.intercept, platt.slope) == (pytest.approx(-1, abs=0.06), pytest.approx(0.5, abs=0.02))


def test_a_constant_score_gives_the_smoothed_base_rate():
    platt = fit_platt(np.zeros(98), np.repeat([1.0, 0.0], [49, 49]))
    assert platt.probability(np.zeros(1))[0] == pytest.approx(0.5)
    assert platt.slope == 0


def test_perfect_separation_stays_finite():
    platt = fit_platt(np.r_[np.full(50, -1.0), np.full(50, 1.0)], np.repeat([0.0, 1.0], 50))
    assert platt.probability(np.array([1.0]))[0] == pytest.approx(51 / 52, abs=1e-6)


def test_its_variance_is_that_of_repeated_samples():
    rng = np.random.default_rng(1)
    at = np.array([-2.0, 0.0, 2.0])
    score = rng.normal(0, 1.5, 600)
    fits = [fit_platt(score, (rng.random(600) < sigmoid(0.3 + score)).astype(float)) for _ in range(300)]
    seen = np.var([platt.logit(at) for platt in fits], axis=0)
    assert fits[0].variance(at) == pytest.approx(seen, rel=0.35)
