"""The figures of predicted values against hand-worked numbers and closed forms."""

import numpy as np
import pytest
from clm_ml.models.value_metrics import VALUE_METRICS, decile_table, figures, point
from scipy.stats import spearmanr


def test_perfect_reversed_and_no_order():
    actual = np.array([0, 0, 10, 50, 100.0])
    assert point(actual, actual * 3)["normalised_gini"] == pytest.approx(1)
    assert point(actual, -actual)["normalised_gini"] == pytest.approx(-1)
    assert point(actual, np.ones(5))["normalised_gini"] == pytest.approx(0)


def test_gini_by_hand():
    # one of four spends everything: 1 − 1/4 in the perfect order, a half less for every place further down
    actual = np.array([0, 8, 0, 0.0])
    found_second = np.array([4, 3, 2, 1.0])
    assert point(actual, found_second)["normalised_gini"] == pytest.approx((0.25) / 0.75)
    tied_with_first = np.array([4, 4, 2, 1.0])
    assert point(actual, tied_with_first)["normalised_gini"] == pytest.approx(0.5 / 0.75)


def test_gini_of_exponential_spending_is_a_half():
    """The Gini coefficient of an exponential law is 1/2; with a perfect order it is what normalising divides by."""
    n = 200_000
    actual = -np.log1p(-(np.arange(n) + 0.5) / n)
    from clm_ml.models.value_metrics import _gini

    assert _gini(actual, actual, np.ones((1, n)))[0] == pytest.approx(0.5, abs=1e-4)


def test_the_order_of_equal_rows_is_not_seen():
    rng = np.random.default_rng(0)
    actual, predicted = rng.gamma(1, 10, 300) * (rng.random(300) < 0.4), rng.integers(0, 5, 300).astype(float)
    mixed = rng.permutation(300)
    assert point(actual, predicted) == pytest.approx(point(actual[mixed], predicted[mixed]))
    assert decile_table(actual, predicted) == [
        pytest.approx(line) for line in decile_table(actual[mixed], predicted[mixed])
    ]


def test_spearman_is_scipy_s():
    rng = np.random.default_rng(1)
    actual, predicted = rng.integers(0, 6, 200).astype(float), rng.integers(0, 4, 200).astype(float)
    assert point(actual, predicted)["spearman"] == pytest.approx(spearmanr(actual, predicted).statistic)


def test_mae_and_bias_by_hand():
    found = point(np.array([0, 10, 30.0]), np.array([4, 10, 34.0]))
    assert found["mae"] == pytest.approx(8 / 3)
    assert found["total_bias"] == pytest.approx(48 / 40 - 1)


def test_weights_are_rows_that_stand_so_often():
    rng = np.random.default_rng(2)
    actual, predicted = rng.gamma(1, 10, 40).round(), rng.integers(0, 9, 40).astype(float)
    weights = rng.integers(0, 4, (3, 40)).astype(float)
    told = figures(actual, predicted, weights)
    for i, times in enumerate(weights.astype(int)):
        repeated = point(np.repeat(actual, times), np.repeat(predicted, times))
        assert {name: told[name][i] for name in VALUE_METRICS} == pytest.approx(repeated)


def test_what_cannot_be_had_is_not_a_number():
    nothing = point(np.zeros(4), np.arange(4.0))
    assert np.isnan(nothing["normalised_gini"])
    assert np.isnan(nothing["total_bias"])
    assert np.isnan(nothing["spearman"])
    assert nothing["mae"] == 1.5
    assert np.isnan(point(np.arange(4.0), np.ones(4))["spearman"])
    assert np.isnan(point(np.ones(4), np.arange(4.0))["normalised_gini"])


def test_deciles_by_hand():
    predicted = np.arange(100.0)
    lines = decile_table(predicted * 2, predicted)
    assert [line["decile"] for line in lines] == list(range(1, 11))
    assert {line["customer_count"] for line in lines} == {10}
    assert lines[0]["mean_predicted"] == pytest.approx(94.5)
    assert lines[0]["mean_actual"] == pytest.approx(189)
    assert sum(line["share_of_actual"] for line in lines) == pytest.approx(1)
    assert lines[0]["share_of_actual"] == pytest.approx(np.arange(90, 100).sum() / np.arange(100).sum())


def test_equal_predictions_share_a_decile():
    lines = decile_table(np.arange(30.0), np.zeros(30))
    assert [(line["decile"], line["customer_count"]) for line in lines] == [(1, 30)]
