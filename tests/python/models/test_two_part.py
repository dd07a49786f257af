"""Two-part value: both parts are learned, and their product is the expected value."""

import numpy as np
import pytest
from clm_ml.models.two_part import LEARNERS, TooFew, TwoPart, fit_boosting
from clm_ml.models.value_metrics import point


def shop(count, seed, refunds=False):
    """Feature 0 moves whether, feature 1 how much, feature 2 nothing; some of 1 is unknown. And the true mean."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(0, 1, (count, 3))
    chance, size = 0.05 + 0.6 * features[:, 0], 20 * np.exp(2 * features[:, 1])
    value = (rng.random(count) < chance) * size * rng.gamma(2, 0.5, count)
    if refunds:
        value = np.where(rng.random(count) < 0.2, -30.0, value)
    expected = chance * size
    features[rng.random(count) < 0.05, 2] = np.nan
    return features, value, expected


@pytest.mark.parametrize("name", list(LEARNERS))
def test_both_parts_are_learned(name):
    model = LEARNERS[name](*shop(6_000, 1)[:2], 0)
    features, value, expected = shop(4_000, 2)
    told = model.predict(features)
    assert told == pytest.approx(model.probability(features) * model.amount.predict(features))
    assert np.corrcoef(told, expected)[0, 1] > 0.95
    found = point(value, told)
    assert abs(found["total_bias"]) < 0.08
    assert found["normalised_gini"] > 0.93 * point(value, expected)["normalised_gini"]
    assert found["normalised_gini"] > point(value, model.probability(features))["normalised_gini"]
    assert found["normalised_gini"] > point(value, model.amount.predict(features))["normalised_gini"]


@pytest.mark.parametrize("name", list(LEARNERS))
def test_the_same_seed_gives_the_same_values(name):
    rows = shop(800, 3)[:2]
    once, again = (LEARNERS[name](*rows, 7).predict(rows[0]) for _ in range(2))
    assert np.array_equal(once, again)


@pytest.mark.parametrize("name", list(LEARNERS))
def test_refunds_may_exceed_orders(name):
    rows = shop(2_000, 4, refunds=True)[:2]
    told = LEARNERS[name](*rows, 0).predict(rows[0])
    assert np.isfinite(told).all()
    assert told.mean() == pytest.approx(rows[1].mean(), rel=0.1)


def test_boosting_keeps_amounts_positive_where_they_are():
    features, value, _ = shop(2_000, 5)
    model = fit_boosting(features, value, 0)
    assert model.amount.get_params()["loss"] == "gamma"
    assert (model.predict(features) > 0).all()


@pytest.mark.parametrize("name", list(LEARNERS))
def test_too_few_with_or_without_a_value(name):
    features, value, _ = shop(400, 6)
    for wrong in (np.zeros(400), np.where(np.arange(400) < 29, value + 1, 0), value + 1):
        with pytest.raises(TooFew, match="needs 30 of each"):
            LEARNERS[name](features, wrong, 0)


def test_state_and_back():
    features, value, _ = shop(400, 7)
    model = fit_boosting(features, value, 0)
    assert np.array_equal(TwoPart.from_state(model.state()).predict(features), model.predict(features))
