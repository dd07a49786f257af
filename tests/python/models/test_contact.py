"""The contact rule: its worked example, its threshold, and what a policy earns on known outcomes."""

from __future__ import annotations

import numpy as np
import pytest
from clm_ml.models.contact import METRICS, Stakes, Terms, figures, policies

TEXTBOOK = Terms(offer_cost=10, success_rate=0.3, take_rate=0.9, contact_cost=0.5)


def test_worked_example():
    threshold = TEXTBOOK.threshold(np.array([100.0]))
    assert threshold == pytest.approx(0.2639, abs=5e-5)
    assert threshold == pytest.approx(9.5 / 36)
    assert TEXTBOOK.profit(threshold, np.array([100.0])) == pytest.approx(0)
    assert TEXTBOOK.profit(np.array([0.0, 0.5, 1.0]), np.array([100.0])) == pytest.approx([-9.5, 8.5, 26.5])


def test_who_is_worth_less_than_the_offer_is_never_worth_a_contact():
    assert np.isnan(TEXTBOOK.threshold(np.array([11.6, 10.0, -5.0, np.nan]))).all()
    assert 0.99 < TEXTBOOK.threshold(np.array([11.7]))[0] < 1


def test_a_customer_of_unknown_value_is_not_contacted_by_the_rule():
    contacted = policies(TEXTBOOK, np.array([np.nan, 100.0]), np.array([0.9, 0.9]))["contact_rule"]
    assert contacted.tolist() == [False, True]


def test_realised_profit_of_four_customers():
    """Ada left and is worth 100, Ben left and is worth 5, Cleo stayed and is worth 100, Dan's worth is not known."""
    value, label = np.array([100, 5, 100, np.nan]), np.array([1.0, 1.0, 0.0, 1.0])
    probability = np.array([0.4, 0.9, 0.2, 0.9])
    people = np.array(["ada", "ben", "cleo", "dan"], dtype=object)
    told, count = figures(Stakes(TEXTBOOK, value), label, probability, people, 0)
    assert count == 3
    assert tuple(told) == METRICS
    ada, ben, cleo = 26.5, 0.3 * -5 - 0.5, -9.5
    expected = {
        "profit_contact_rule": ada,
        "profit_treat_all": ada + ben + cleo,
        "profit_treat_none": 0,
        "profit_threshold_half": ben,
        "profit_gain_over_treat_all": -ben - cleo,
        "profit_gain_over_treat_none": ada,
        "profit_gain_over_threshold_half": ada - ben,
        "contact_rate": 1,
    }
    for metric, total in expected.items():
        here, low, high = told[metric]
        assert here == pytest.approx(total / 3)
        assert low <= here <= high


def test_with_the_true_probabilities_no_rival_earns_more():
    rng = np.random.default_rng(4)
    value, probability = rng.gamma(1, 60, 20_000), rng.beta(1, 2, 20_000)
    label = (rng.random(20_000) < probability).astype(float)
    people = np.arange(20_000).astype(object)
    told, _ = figures(Stakes(TEXTBOOK, value), label, probability, people, 0)
    assert all(told[f"profit_gain_over_{rival}"][1] > 0 for rival in ("treat_all", "treat_none", "threshold_half"))


def test_nobody_of_known_value_has_no_figures():
    assert figures(Stakes(TEXTBOOK, np.array([np.nan])), np.ones(1), np.ones(1), np.array(["ada"]), 0) == ({}, 0)
