"""What every family of models owes: it learns, comes back as it went, repeats, and scores a customer alone."""

import numpy as np
import pytest
from clm_ml.churn.score import Predictor
from clm_ml.errors import UsageError
from clm_ml.models import files, kernel_svm, linear_svm, naive_bayes, neighbours, perceptron, till_you_die
from clm_ml.models.btyd.bg_nbd import BgNbd
from clm_ml.models.btyd.cells import Cells
from clm_ml.models.calibration import Platt, sigmoid
from clm_ml.models.candidates import DEFAULT, MODELS, candidates_for, wanted_models
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.metrics import Ties, auc
from clm_ml.models.rows import Rows
from clm_ml.models.threads import one_thread
from clm_ml.models.trees import TreeScorer
from drawn import BG, HORIZON, people

NAMES = ("complaint_count_365d", "purchase_day_count", "recency_days", "tenure_days", "typical_gap_days")
ROWS, LATER = 500, 300


def customers(count, seed):
    """Who waits longer than usual, or complained, leaves; gaps are unknown with one purchase day."""
    rng = np.random.default_rng(seed)
    orders, gap = rng.integers(1, 9, count), rng.gamma(3, 15, count)
    recency = np.floor(rng.gamma(2, 30, count))
    complaints = rng.poisson(0.3, count)
    chance = sigmoid(1.2 * np.log((recency + 1) / gap) + complaints - 0.5)
    features = np.column_stack([complaints, orders, recency, recency + gap * (orders - 1), gap]).astype(float)
    features[orders == 1, 4] = np.nan
    return features, (rng.random(count) < chance).astype(float)


def area(label, score):
    return float(auc(Ties.of(label, score, np.ones((1, len(label)))))[0])


def fit(name, features, label, names=NAMES, seed=1):
    with one_thread():
        candidate = next(c for c in candidates_for(names, (name,)) if not c.is_rule)
        return candidate.fit(features, label, names, seed)


@pytest.fixture(scope="module")
def fitted():
    """Every family, fitted once."""
    return {name: fit(name, *customers(ROWS, 0)) for name in MODELS}


def as_ensemble(name, scorer):
    return Ensemble(name, NAMES, (scorer,), Platt(0.1, 1.2, (0.01, -0.002, 0.02)), (0,))


@pytest.mark.parametrize("name", [name for name in MODELS if name != till_you_die.NAME])
def test_it_learns(fitted, name):
    features, label = customers(LATER, 1)
    assert area(label, fitted[name].score(features)) > 0.7


@pytest.mark.parametrize("name", MODELS)
def test_it_comes_back_as_it_went(fitted, name):
    features, _ = customers(LATER, 1)
    ensemble = as_ensemble(name, fitted[name])
    content = files.to_bytes(ensemble, features[:4])
    again, _ = files.from_bytes(content)
    assert np.array_equal(again.score(features), ensemble.score(features))
    if not isinstance(fitted[name], TreeScorer):  # scikit-learn's trees come back with other padding in their nodes
        assert files.to_bytes(again, features[:4]) == content


@pytest.mark.parametrize("name", MODELS)
def test_the_same_rows_and_seed_give_the_same_bytes(fitted, name):
    features, label = customers(ROWS, 0)
    again = as_ensemble(name, fit(name, features, label))
    assert files.to_bytes(again, features[:4]) == files.to_bytes(as_ensemble(name, fitted[name]), features[:4])


@pytest.mark.parametrize("name", MODELS)
def test_what_is_not_known_is_scored_too(fitted, name):
    features, _ = customers(len(NAMES) + 1, 1)
    features[np.arange(len(NAMES)), np.arange(len(NAMES))] = np.nan
    features[-1] = np.nan
    assert np.isfinite(fitted[name].score(features)).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_column_that_is_never_known_or_never_changes_does_no_harm(name):
    features, label = customers(ROWS, 0)
    wider = np.column_stack([features, np.full(ROWS, np.nan), np.full(ROWS, 3.0)])
    scorer = fit(name, wider, label, (*NAMES, "never_known", "always_three"))
    wider[:9, -2:] = 7.0
    assert np.isfinite(scorer.score(wider)).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_score_does_not_depend_on_the_others(fitted, name):
    features, _ = customers(LATER, 1)
    score = fitted[name].score(features)
    order = np.random.default_rng(2).permutation(LATER)
    assert fitted[name].score(features[order]) == pytest.approx(score[order], abs=1e-9)
    assert [float(fitted[name].score(one[None, :])[0]) for one in features[:20]] == pytest.approx(
        score[:20], abs=1e-9
    )


@pytest.mark.parametrize("name", MODELS)
def test_it_gives_reasons(fitted, name):
    features, _ = customers(40, 1)
    ensemble = as_ensemble(name, fitted[name])
    ids = np.array([f"dmitri-{i}" for i in range(40)], dtype=object)
    rows = Rows(NAMES, ids, np.full(40, "2024-01-01", dtype="datetime64[D]"), features, np.full(40, np.nan))
    reasons = Predictor(ensemble, ensemble, features[:4])(rows)["reason_1"].to_pylist()
    assert sum(reason is not None for reason in reasons) > 30
    assert {reason.rsplit("(")[-1] for reason in reasons if reason} == {
        "raises the risk)",
        "lowers the risk)",
    }


@pytest.mark.parametrize("name", ["logistic_regression", "linear_svm", "naive_bayes"])
def test_additive_families_say_what_each_feature_adds(fitted, name):
    features, _ = customers(LATER, 1)
    rest = fitted[name].score(features) - fitted[name].contributions(features).sum(axis=1)
    assert rest == pytest.approx(np.full(LATER, rest[0]), abs=1e-9)


def exclusive(count, seed):
    """Who leaves has one of two things and not both: no feature says anything alone."""
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 2, (count, 3)).astype(float)
    return features, (features[:, 0] != features[:, 1]).astype(float)


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("naive_bayes", False),
        ("linear_svm", False),
        ("logistic_regression", False),
        ("kernel_svm", True),
        ("multi_layer_perceptron", True),
        ("k_nearest_neighbours", True),
        ("decision_tree", True),
    ],
)
def test_who_sees_what_two_features_say_together(name, sees):
    names = ("likes_tea", "likes_coffee", "likes_milk")
    features, label = exclusive(1200, 0)
    found = area(label, fit(name, features, label, names).score(features))
    assert (found > 0.95) if sees else (found < 0.65)


def test_naive_bayes_by_hand(monkeypatch):
    monkeypatch.setitem(naive_bayes.LEARNER, "smoothing", 1e-12)
    anna_to_hana = np.array([[0, 0, 0, 1, 0, 1, 1, 1]], dtype=float).T
    left = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=float)
    scorer = naive_bayes.fit(anna_to_hana, left, ("has_complained",), 0)
    assert scorer.score(np.array([[1.0], [0.0]])) == pytest.approx([np.log(3), -np.log(3)])  # 3/4 against 1/4


def test_equal_values_share_a_bin_and_unknown_has_its_own():
    column = np.array([1.0] * 60 + [2.0] * 30 + [7.0] * 10 + [np.nan] * 5)
    codes = naive_bayes.binned(column[:, None], (naive_bayes.edges_of(column),))[:, 0]
    assert [codes[i] for i in (0, 60, 90, 100)] == [1, 2, 3, 0]


def test_neighbours_are_those_of_scikit_learn():
    from sklearn.neighbors import KNeighborsClassifier

    features, label = customers(ROWS, 0)
    later, _ = customers(LATER, 1)
    scorer = neighbours.fit(features, label, NAMES, 0)
    theirs = KNeighborsClassifier(scorer.k).fit(scorer.columns, label)
    share = theirs.predict_proba(scorer.scale.columns(later))[:, 1]
    expected = (share * scorer.k + label.mean()) / (scorer.k + 1)
    assert sigmoid(scorer.score(later)) == pytest.approx(expected, abs=1e-9)


def test_customers_at_the_same_distance_all_count(monkeypatch):
    monkeypatch.setitem(neighbours.LEARNER, "k", 2)
    scorer = neighbours.fit(
        np.array([[1.0], [1.0], [1.0], [9.0]]), np.array([1.0, 1.0, 0.0, 0.0]), ("order_count",), 0
    )
    assert sigmoid(scorer.score(np.array([[1.0]]))) == pytest.approx([(2 + 0.5) / (3 + 1)])


def test_with_every_row_a_landmark_the_kernel_machine_is_exact():
    from sklearn.svm import LinearSVC

    features, label = customers(200, 0)
    scorer = kernel_svm.fit(features, label, NAMES, 0)
    columns = scorer.scale.columns(features)
    root = np.linalg.cholesky(kernel_svm.likeness(columns, columns, scorer.gamma) + 1e-9 * np.eye(200))
    exact = LinearSVC(C=kernel_svm.LEARNER["C"], dual=False, tol=1e-6, max_iter=5_000).fit(root, label)
    assert scorer.score(features) == pytest.approx(exact.decision_function(root), abs=1e-3)


def test_linear_machine_is_that_of_scikit_learn():
    from sklearn.svm import LinearSVC

    features, label = customers(ROWS, 0)
    scorer = linear_svm.fit(features, label, NAMES, 0)
    columns = scorer.scale.columns(features)
    theirs = LinearSVC(C=linear_svm.LEARNER["C"], dual=False, tol=1e-6).fit(columns, label)
    assert scorer.score(features) == pytest.approx(theirs.decision_function(columns), abs=1e-9)


def test_the_perceptron_takes_about_as_many_steps_whatever_the_rows():
    assert [perceptron.rounds(rows) for rows in (100, 20_000, 10_000_000)] == [perceptron.MOST_ROUNDS, 20, 1]


def test_buy_till_you_die_is_the_probability_of_no_order_and_never_reads_the_label():
    drawn = people("bg_nbd", BG, 3_000, 0)
    orders, tenure = drawn.frequency + 1, np.round(drawn.age * 10)
    features = np.column_stack([orders, np.floor((drawn.age - drawn.recency) * 10), tenure])
    names = ("purchase_day_count", "recency_days", "tenure_days")
    left = (drawn.later == 0).astype(float)
    candidate = candidates_for(names, (till_you_die.NAME,), horizon_days=int(10 * HORIZON))[-1]
    scorer = candidate.fit(features, left, names, 0)
    assert candidate.fit(features, 1 - left, names, 0).state()["params"].tolist() == scorer.model.params.tolist()
    recency = np.where(drawn.frequency > 0, tenure - features[:, 1], 0.0)
    cells, place = Cells.placed(drawn.frequency, recency, tenure)
    expected = scorer.model.no_order(cells, 10 * HORIZON)[place]
    assert sigmoid(scorer.score(features)) == pytest.approx(np.clip(expected, 1e-3, 1 - 1e-3))
    assert area(left, scorer.score(features)) > 0.75
    assert sigmoid(scorer.score(features)).mean() == pytest.approx(left.mean(), abs=0.02)
    truth = BgNbd(np.array(BG)).no_order(Cells.ungrouped(drawn.frequency, drawn.recency, drawn.age), HORIZON)
    assert sigmoid(scorer.score(features)) == pytest.approx(truth, abs=0.06)


def test_buy_till_you_die_competes_only_where_its_three_numbers_are_there():
    assert till_you_die.NAME not in [c.name for c in candidates_for(("recency_days", "tenure_days"), MODELS)]


def test_what_a_user_may_name():
    assert wanted_models(None) == DEFAULT
    assert wanted_models("all")[: len(MODELS)] == MODELS  # and those whose extra is here
    assert wanted_models("naive_bayes, decision_tree") == ("naive_bayes", "decision_tree")
    for wrong in ("ouija_board", "", ","):
        with pytest.raises(UsageError, match="no candidate is called"):
            wanted_models(wrong)
