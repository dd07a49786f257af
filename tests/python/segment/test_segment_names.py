"""Names come from the ordered profile and from the segments before, never from the cluster's number."""

import numpy as np
import pytest
from clm_ml.models.segments.buyers import SPACE
from clm_ml.models.segments.clusters import Partition, fit, jaccard, stability
from clm_ml.models.segments.matching import matched, overlaps
from clm_ml.models.segments.names import LAPSED, describe, name_segments, order_by_value

#                  recency, frequency, money, tenure, active days
ADA, BOB, CY, DORA = [3, 20, 900, 600, 9], [40, 4, 300, 500, 3], [30, 1, 80, 40, 1], [300, 1, 20, 400, 0]
GAP = 40.0
CROWD = np.array([ADA] * 10 + [BOB] * 30 + [CY] * 20 + [DORA] * 40, float)
KIND = np.repeat([0, 1, 2, 3], [10, 30, 20, 40])


def test_names_do_not_depend_on_the_cluster_numbers():
    named = name_segments(CROWD, KIND, SPACE, GAP)
    assert named == [
        "Top value, frequent, recent", "High value, regular", "New, mid value, one order",
        "Low value, one order, gone quiet",
    ]  # fmt: skip
    other = np.array([2, 0, 3, 1])
    assert name_segments(CROWD, other[KIND], SPACE, GAP) == [named[i] for i in np.argsort(other)]


def test_the_order_is_that_of_value():
    other = np.array([2, 0, 3, 1])[KIND]
    assert order_by_value(CROWD, other, SPACE).tolist() == [2, 0, 3, 1]


@pytest.mark.parametrize(
    ("median", "name"),
    [
        ([20, 4, 300, 500, 3], "High value, regular, recent"),
        ([60, 4, 300, 500, 3], "High value, regular"),
        ([61, 4, 300, 500, 3], "High value, regular, gone quiet"),
        ([3, 20, 900, 600, 9], "Top value, frequent, recent"),
        ([40, 1, 300, 90, 3], "New, high value, one order"),
        ([40, 1, 300, 91, 3], "High value, one order"),
        ([301, 20, 19, 91, 3], "Low value, frequent, gone quiet"),
    ],
)
def test_words(median, name):
    assert describe(np.array(median, float), CROWD, SPACE, GAP) == name


def test_two_alike_are_told_apart_by_what_differs_most():
    eve = [42, 4, 310, 200, 3]
    named = name_segments(np.vstack([CROWD, [eve] * 3]), np.r_[KIND, [4] * 3], SPACE, GAP)
    assert named[1] == "High value, regular, known for longer"
    assert named[4] == "High value, regular, newer"
    assert len(set(named)) == 5


def test_a_kept_name_is_given_to_nobody_else():
    named = name_segments(CROWD, KIND, SPACE, GAP, {0: "High value, regular", 3: "Dora's"})
    assert named[0] == "High value, regular"
    assert named[1] == "High value, regular, ordering less often"
    assert named[3] == "Dora's"
    twins = name_segments(np.vstack([CROWD, CROWD[:10]]), np.r_[KIND, [4] * 10], SPACE, GAP)
    assert len({*twins, LAPSED}) == 6, "equal ones get a number"


def test_segments_are_matched_by_whom_they_share():
    new, old = np.repeat([0, 1, 2], [4, 4, 4]), np.array([1, 1, 1, 1, 0, 0, 0, 2, 2, 0, 1, 2])
    overlap = overlaps(new, 3, old, 4)
    assert overlap[0, 1] == 4 / 5
    assert overlap[1, 0] == 3 / 5
    assert overlap[2, 2] == 2 / 5, "dissolved: below one half"
    assert matched(overlap) == {0: 1, 1: 0}


def test_jaccard_by_hand():
    assert jaccard(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2).tolist() == [[0.5, 0.25], [0.0, 2 / 3]]


def test_confidence_is_0_half_way_and_1_at_the_centre():
    scale = fit(CROWD, 2, 0).scale
    two = Partition(scale, scale.columns(np.array([ADA, DORA], float) / [7, 1, 1, 30, 1]))
    assert two.confidence(np.array([ADA], float))[0] == pytest.approx(1)
    middle = np.exp((np.log1p([3 / 7, 20, 900, 20, 9]) + np.log1p([300 / 7, 1, 20, 400 / 30, 0])) / 2) - 1
    assert two.confidence(middle[None, :] * [7, 1, 1, 30, 1])[0] == pytest.approx(0, abs=1e-9)


def test_stability_of_what_is_there_and_of_what_is_not():
    rng = np.random.default_rng(0)
    crowd = CROWD * rng.uniform(0.9, 1.1, CROWD.shape)

    def of(crowd):
        groups = fit(crowd, 4, 0).nearest(crowd)
        return stability(crowd, groups, 4, lambda drawn, r: fit(drawn, 4, r, 3).nearest, 0)

    assert of(crowd).adjusted_rand.mean() > 0.95
    assert of(crowd).of_group.min() > 0.9
    assert of(np.exp(rng.normal(size=(200, 5)))).adjusted_rand.mean() < 0.7
