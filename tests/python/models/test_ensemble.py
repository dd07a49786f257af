"""Cross-fitting: nobody is predicted, or calibrated on, by a model that has seen them."""

from datetime import date

import numpy as np
import pytest
from clm_ml.models.candidates import Candidate, candidates_for
from clm_ml.models.ensemble import (
    Ensemble,
    assemble,
    cross_ensembles,
    fit_without,
    pairs,
    predict_held_out,
    singles,
    thin,
)
from clm_ml.models.rows import Rows, fold_of
from hypothesis import given, settings
from hypothesis import strategies as st

FOLDS = [1, 1, 1, 2, 2, 1]


class Remembers:
    """A scorer that knows whom it was fitted on (feature 0 is the customer) and refuses to see them again."""

    def __init__(self, features):
        self.fitted = set(features[:, 0])

    def score(self, features):
        assert not self.fitted & set(features[:, 0]), "a fitted customer was scored"
        return features[:, 1]

    def state(self):
        return {}


def rows_of(customers: int, day: date) -> Rows:
    number = np.arange(customers)
    names = np.array([f"ben-{i}" for i in number], dtype=object)
    features = np.column_stack([number, np.sin(number)]).astype(float)
    label = (np.cos(3 * number) > 0).astype(float)
    return Rows(("number", "wave"), names, np.full(customers, day, dtype="datetime64[D]"), features, label)


@settings(deadline=None, max_examples=25)
@given(st.integers(3, 6), st.integers(60, 200), st.integers(0, 9))
def test_no_customer_is_on_both_sides(folds, customers, seed):
    candidate = Candidate("remembers", lambda x, y, names, s: Remembers(x))
    train, calibration, test = (rows_of(customers, date(2024, month, 1)) for month in (1, 5, 9))
    fold = fold_of(train.customer, folds, seed)
    fitted = {out: fit_without(candidate, train, fold, out, seed) for out in pairs(folds)}
    ensembles = cross_ensembles(candidate, fitted, calibration, fold, folds)
    assert np.isfinite(predict_held_out(ensembles, test.features, fold)).all()
    for held, ensemble in enumerate(ensembles):
        assert (np.isnan(ensemble.score_left_out(test.features, fold)) == (fold == held)).all()
    alone = {out[0]: fit_without(candidate, train, fold, out, seed) for out in singles(folds)}
    deployed = assemble("remembers", alone, calibration, fold)
    assert np.isfinite(deployed.score_left_out(test.features, fold)).all()


def test_the_spy_would_see_a_leak():
    candidate = Candidate("remembers", lambda x, y, names, s: Remembers(x))
    rows = rows_of(30, date(2024, 1, 1))
    scorer = fit_without(candidate, rows, fold_of(rows.customer, 3, 0), (0,), 0)
    with pytest.raises(AssertionError, match="a fitted customer was scored"):
        scorer.score(rows.features)


def test_folds_are_a_stable_hash_of_the_customer():
    names = np.array(["anna", "ben", "carla", "dmitri", "eve", "farid"], dtype=object)
    assert fold_of(names, 3, 0).tolist() == FOLDS
    assert fold_of(names[::-1], 3, 0).tolist() == FOLDS[::-1]


def test_thinning_takes_the_same_rows_every_time():
    rows = rows_of(100, date(2024, 1, 1))
    assert thin(rows, 30, 1).customer.tolist() == thin(rows, 30, 1).customer.tolist()
    assert len(thin(rows, 30, 1)) == 30
    assert thin(rows, 0, 1) is rows


def test_intervals_hold_the_estimate():
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.gamma(2, 30, 900), rng.gamma(2, 20, 900)])
    label = (rng.random(900) < 1 / (1 + np.exp(1.5 - features[:, 0] / 50))).astype(float)
    rows = Rows(
        ("recency_days", "typical_gap_days"),
        np.array([f"carla-{i}" for i in range(900)], dtype=object),
        np.full(900, "2024-01-01", dtype="datetime64[D]"),
        features,
        label,
    )
    fold = fold_of(rows.customer, 3, 0)
    for candidate in candidates_for(rows.names):
        members = {out[0]: fit_without(candidate, rows, fold, out, 0) for out in singles(3)}
        ensemble: Ensemble = assemble(candidate.name, members, rows, fold)
        probability, low, high = ensemble.interval(features)
        assert ((low < probability) & (probability < high)).all(), candidate.name
