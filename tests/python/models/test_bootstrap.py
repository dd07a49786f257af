"""Intervals come from customers drawn with replacement."""

import numpy as np
import pytest
from clm_ml.models import bootstrap
from clm_ml.models.bootstrap import gain, percentiles, resamples, with_intervals


def test_rows_of_one_customer_are_drawn_together():
    customers = np.array([0, 0, 1, 2, 2, 2])
    for weights in resamples(customers, 50, seed=1):
        assert (weights[:, 0] == weights[:, 1]).all()
        assert (weights[:, 3] == weights[:, 5]).all()
        assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_draws_do_not_depend_on_how_many_are_made_at_once_or_kept(monkeypatch):
    customers = np.array([0, 0, 1, 2, 2, 2, 3, 4])
    at_once = np.concatenate(list(resamples(customers, 50, seed=1)))
    monkeypatch.setattr(bootstrap, "_CELLS_AT_ONCE", 7 * len(customers))
    in_blocks = list(resamples(customers, 50, seed=1))
    assert [len(block) for block in in_blocks] == [7] * 7 + [1]
    assert (np.concatenate(in_blocks) == at_once).all()
    monkeypatch.setattr(bootstrap, "_DRAWS_KEPT", 0)
    assert (np.concatenate(list(resamples(customers, 50, seed=1))) == at_once).all()


def test_interval_of_a_mean_agrees_with_the_normal_one():
    rng = np.random.default_rng(3)
    label, probability = (rng.random(2000) < 0.4).astype(float), rng.uniform(0.2, 0.8, 2000)
    value, low, high = with_intervals(label, probability, probability, np.arange(2000), seed=0)["brier"]
    half = 1.96 * ((label - probability) ** 2).std() / np.sqrt(2000)
    assert (low, high) == (pytest.approx(value - half, abs=0.2 * half), pytest.approx(value + half, abs=0.2 * half))


def test_a_model_gains_nothing_on_itself_and_something_on_chance():
    rng = np.random.default_rng(5)
    probability = rng.uniform(0.05, 0.95, 1500)
    label = (rng.random(1500) < probability).astype(float)
    same = gain(label, (probability, probability), (probability, probability), np.arange(1500), seed=0)
    assert same["auc_gain_over_rule"] == (0.0, 0.0, 0.0)
    flat = np.full(1500, label.mean())
    more = gain(label, (probability, probability), (flat, flat), np.arange(1500), seed=0)
    assert more["auc_gain_over_rule"][1] > 0.2
    assert more["log_loss_gain_over_rule"][1] > 0


def test_too_few_values_have_no_interval():
    assert np.isnan(percentiles(np.r_[np.full(20, np.nan), np.ones(80)])).all()
