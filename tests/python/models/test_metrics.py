"""The figures against hand-worked numbers and closed forms."""

import numpy as np
import pytest
from clm_ml.models import metrics
from clm_ml.models.calibration import logit, sigmoid
from clm_ml.models.metrics import confusion, figures, point, wilson

ONE = np.ones((1, 4))


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"), [(50, 1000, 0.038, 0.065), (60, 100, 0.502, 0.691), (0, 10, 0.0, 0.278)]
)
def test_wilson_interval(hits, count, low, high):
    assert wilson(hits, count) == pytest.approx((low, high), abs=0.0005)


def test_worked_examples_of_the_definitions():
    assert sigmoid(np.array(-2 + 0.5 * 1 + 1 * 2)) == pytest.approx(0.6225, abs=5e-5)
    wrong = confusion(np.array([1, 1, 0, 1, 0.0]), np.array([0, 0, 1, 0, 1.0]))
    assert wrong["accuracy"] == 0.0
    three = confusion(np.array([0, 1, 1.0]), np.array([0, 0, 1.0]))
    assert three == {"accuracy": pytest.approx(2 / 3), "precision": 1.0, "recall": 0.5}


def test_ece_of_two_bins_by_hand():
    # two distinct probabilities, five customers each: |.2 − .4| and |.8 − .6|, half the customers each
    label = np.array([1, 1, 0, 0, 0, 1, 1, 1, 0, 0.0])
    probability = np.array([0.2] * 5 + [0.8] * 5)
    assert point(label, probability)["ece"] == pytest.approx(0.5 * 0.2 + 0.5 * 0.2)


def test_ece_has_ten_equal_count_bins():
    probability = np.linspace(0.01, 0.99, 50)
    assert np.bincount(metrics.bin_of(probability))[1:].tolist() == [5] * 10
    label = (np.arange(50) % 5 == 0).astype(float)  # every bin observes .2
    by_hand = np.mean([abs(chunk.mean() - 0.2) for chunk in np.split(probability, 10)])
    assert point(label, probability)["ece"] == pytest.approx(by_hand)


def test_equal_probabilities_share_a_bin():
    assert set(metrics.bin_of(np.full(30, 0.4))) == {1}


def test_brier_and_log_loss_by_hand():
    found = point(np.array([1, 0, 1, 0.0]), np.array([0.9, 0.2, 0.6, 0.5]))
    assert found["brier"] == pytest.approx((0.01 + 0.04 + 0.16 + 0.25) / 4)
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.6, 0.5]).mean())


def test_auc_counts_pairs_and_half_the_ties():
    label, rank = np.array([1, 1, 0, 0.0]), np.array([0.9, 0.5, 0.5, 0.1])
    assert point(label, rank)["auc"] == pytest.approx((1 + 1 + 0.5 + 1) / 4)


def test_average_precision_by_hand():
    label, rank = np.array([1, 0, 1, 0.0]), np.array([0.9, 0.8, 0.7, 0.1])
    assert point(label, rank)["average_precision"] == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)


def test_lift_of_the_top_decile():
    label = np.array([1, 1, 0, 1] + [0.0] * 16)
    rank = np.linspace(1, 0, 20)
    assert point(label, rank)["lift_top_decile"] == pytest.approx(1.0 / (3 / 20))
    assert point(label, np.full(20, 0.15))["lift_top_decile"] == pytest.approx(1.0)


def test_calibration_slope_of_two_groups_has_a_closed_form():
    # two probabilities: the logistic fit meets both observed rates, so its slope is a ratio of logit differences
    label = np.r_[np.repeat([1.0, 0.0], [20, 80]), np.repeat([1.0, 0.0], [60, 40])]
    probability = np.repeat([0.3, 0.9], 100)
    slope = (logit(np.array(0.6)) - logit(np.array(0.2))) / (logit(np.array(0.9)) - logit(np.array(0.3)))
    assert point(label, probability)["calibration_slope"] == pytest.approx(float(slope))


def test_calibration_intercept_is_the_shift_that_meets_the_base_rate():
    label = np.repeat([1.0, 0.0], [30, 70])
    found = point(label, np.full(100, 0.5))
    assert found["calibration_intercept"] == pytest.approx(float(np.log(3 / 7)))
    assert np.isnan(found["calibration_slope"])


def test_one_class_gives_no_figure_and_no_exception():
    found = point(np.ones(40), np.linspace(0.1, 0.9, 40))
    assert all(np.isnan(found[name]) for name in ("auc", "calibration_slope", "calibration_intercept"))
    assert found["brier"] > 0


def test_a_weight_of_two_is_the_row_twice():
    rng = np.random.default_rng(0)
    probability = np.round(rng.uniform(0.05, 0.95, 200), 2)
    label = (rng.random(200) < probability).astype(float)
    weights = rng.integers(0, 3, 200)
    weighted = figures(label, probability, probability, weights[None, :].astype(float))
    repeated = point(np.repeat(label, weights), np.repeat(probability, weights))
    for name in set(metrics.METRICS) - {"ece"}:  # the bins of the ECE are those of the rows as they are
        assert weighted[name][0] == pytest.approx(repeated[name], abs=1e-6), name


def test_calibration_table_states_counts_rates_and_intervals():
    label = np.r_[np.zeros(50), np.ones(50)]
    lines = metrics.calibration_table(label, np.linspace(0, 1, 100))
    assert [line["row_count"] for line in lines] == [10] * 10
    assert lines[0]["observed_rate"] == 0.0
    assert lines[0]["rate_high"] == pytest.approx(wilson(0, 10)[1])
