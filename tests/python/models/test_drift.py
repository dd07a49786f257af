"""Bins fixed at training."""

import numpy as np
import pytest
from clm_ml.models.drift import bins_of
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.lists(st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.0]), st.floats(-1e6, 1e6)), max_size=80)


def place(bins, value):
    """The bin of a value, as the warehouse finds it."""
    found = [
        b["bin_number"]
        for b in bins
        if (value is None) == (b["bin_number"] == 0)
        and (b["lower_bound"] is None or value > b["lower_bound"])
        and (b["upper_bound"] is None or value <= b["upper_bound"])
    ]
    assert len(found) == 1
    return found[0]


@given(VALUES)
def test_every_value_has_one_bin_and_the_bins_count_them(values):
    bins = bins_of(np.array([np.nan if v is None else v for v in values], dtype=float))
    placed = [place(bins, value) for value in values]
    assert {b["bin_number"]: b["train_row_count"] for b in bins} == {
        b["bin_number"]: placed.count(b["bin_number"]) for b in bins
    }
    assert place(bins, 1e9) == bins[-1]["bin_number"]


def test_tenths_hold_as_many_each():
    bins = bins_of(np.arange(1000.0))
    assert [b["train_row_count"] for b in bins] == [0, 101, *[100] * 8, 99]


@pytest.mark.parametrize(
    ("values", "counts"),
    [([np.nan, np.nan], [2, 0]), ([3.0, 3.0, np.nan], [1, 2]), ([0.0] * 95 + [1.0] * 5, [0, 95, 5]), ([], [0, 0])],
)
def test_equal_values_share_a_bin(values, counts):
    assert [b["train_row_count"] for b in bins_of(np.array(values))][: len(counts)] == counts
