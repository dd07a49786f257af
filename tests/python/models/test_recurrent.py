"""The recurrent network and its sequence: the network by hand and as PyTorch has it, columns, reasons, words."""

import math

import numpy as np
import pytest
from clm_ml.errors import UsageError
from clm_ml.models import candidates, files, recurrent, sequence
from clm_ml.models.calibration import Platt, sigmoid
from clm_ml.models.candidates import MODELS, candidates_for, wanted_models
from clm_ml.models.contributions import contributions
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.metrics import Ties, auc
from clm_ml.models.reasons import explain, topics_of
from clm_ml.models.recurrent import RecurrentScorer
from clm_ml.models.rows import Rows, sha256_of
from clm_ml.models.sequence import PERIODS, STEPS, Sequence, Step
from clm_ml.models.threads import one_thread

CHANNELS = ("purchase_days", "visit_days")
NAMES = (
    "recency_days",
    "active_days_30d",
    *(Step(c, period).name for period in range(1, PERIODS + 1) for c in CHANNELS),
)
UNITS = 3


def customers(count, seed):
    """Two features, then purchase days and visit days, newest period first."""
    rng = np.random.default_rng(seed)
    steps = rng.poisson(0.8, (count, 2 * PERIODS)).astype(float)
    return np.column_stack([rng.gamma(2, 40, count), rng.poisson(2, count), steps])


def drawn_scorer(seed=0, names=NAMES):
    """A network that nobody has fitted."""
    rng = np.random.default_rng(seed)
    place = sequence.positions(names)
    width = place.shape[1]
    parts = [(width, 3 * UNITS), (3 * UNITS,), (UNITS, 3 * UNITS), (3 * UNITS,), (UNITS,)]
    drawn = [rng.normal(0, 0.7, shape) for shape in parts]
    return RecurrentScorer(place, np.linspace(0.5, 2, width), *drawn, intercept=0.3)


def as_ensemble(*scorers, names=NAMES):
    return Ensemble(recurrent.NAME, names, scorers, Platt(0.1, 1.2, (0.01, -0.002, 0.02)), tuple(range(len(scorers))))


def rows(count=30, seed=0):
    features = customers(count, seed)
    ids = np.array([f"ada-{i:03d}" for i in range(count)], dtype=object)
    found = Sequence(NAMES[2:], features[:, 2:].astype(np.float32))
    day = np.full(count, "2024-01-01", dtype="datetime64[D]")
    return Rows(NAMES[:2], ids, day, features[:, :2], np.arange(count) % 2.0, found)


def one_cell(steps, s):
    """The recurrence of one customer, number by number."""
    gate = lambda x: 1 / (1 + math.exp(-x))  # noqa: E731
    state = [0.0] * UNITS
    for step in steps:
        new = [sum(x * w for x, w in zip(step, column, strict=True)) for column in s.into.T]
        old = [sum(h * w for h, w in zip(state, column, strict=True)) for column in s.onward.T]
        new, old = (
            [a + b for a, b in zip(x, bias, strict=True)] for x, bias in ((new, s.into_bias), (old, s.onward_bias))
        )
        moved = []
        for i, held in enumerate(state):
            reset, update = (gate(new[i + k * UNITS] + old[i + k * UNITS]) for k in (0, 1))
            proposal = math.tanh(new[i + 2 * UNITS] + reset * old[i + 2 * UNITS])
            moved.append((1 - update) * proposal + update * held)
        state = moved
    return sum(h * w for h, w in zip(state, s.weights, strict=True)) + s.intercept


def test_it_scores_as_one_would_by_hand():
    scorer, features = drawn_scorer(), customers(5, 1)
    for person, found in zip(features, scorer.score(features), strict=True):
        steps = [
            [math.log1p(person[NAMES.index(Step(c, period).name)]) / scorer.spread[i] for i, c in enumerate(CHANNELS)]
            for period in range(PERIODS, 0, -1)
        ]
        assert found == pytest.approx(one_cell(steps, scorer), abs=1e-12)


def test_the_oldest_period_comes_first_and_features_are_not_read():
    place = sequence.positions(NAMES)
    assert [[NAMES[i] for i in place[row]] for row in (0, -1)] == [
        ["purchase_days_weeks_49_to_52", "visit_days_weeks_49_to_52"],
        ["purchase_days_weeks_1_to_4", "visit_days_weeks_1_to_4"],
    ]
    features = customers(4, 1)
    other = features.copy()
    other[:, :2] = np.nan
    assert np.array_equal(drawn_scorer().score(features), drawn_scorer().score(other))


def test_many_rows_are_scored_as_few(monkeypatch):
    scorer, features = drawn_scorer(), customers(50, 1)
    whole = scorer.score(features)
    monkeypatch.setattr(recurrent, "AT_ONCE", 7)
    assert scorer.score(features) == pytest.approx(whole, abs=1e-12)
    assert len(scorer.score(features[:0])) == 0


def test_a_model_file_needs_no_pytorch():
    ensemble, features = as_ensemble(drawn_scorer(0), drawn_scorer(1)), customers(20, 1)
    content = files.to_bytes(ensemble, features[:4])
    again, reference = files.from_bytes(content)
    assert np.array_equal(again.score(features), ensemble.score(features))
    assert files.to_bytes(again, reference) == content


def test_reasons_add_up_and_steps_are_told_in_the_words_of_features():
    ensemble, features = as_ensemble(drawn_scorer(0), drawn_scorer(1)), customers(40, 1)
    found = explain(ensemble, features, features[:4])
    total = found.baseline + np.nansum(found.contribution, axis=1) + found.other
    assert total == pytest.approx(ensemble.logit(features), abs=1e-9)
    told = [pair for topic, text in zip(found.topic, found.text, strict=True)
            for pair in zip(topic.to_pylist(), text.to_pylist(), strict=True)]  # fmt: skip
    assert {topic for topic, _ in told[:80]} == {"order rhythm", "visits"}
    assert {text.split(" (")[0].split(" for ")[0] for topic, text in told if topic == "order rhythm"} == {"no order"}
    assert all("active day" in text for topic, text in told if topic == "visits")


def test_a_topic_that_is_not_read_adds_nothing_and_one_without_features_speaks_for_itself():
    names = ("tenure_days", *NAMES)
    scorer, features = drawn_scorer(names=names), np.column_stack([np.arange(9.0), customers(9, 1)])
    ensemble = as_ensemble(scorer, names=names)
    parts = contributions(ensemble, features, features[:2], topics_of(names)[1]).parts
    assert np.all(parts[:, 0] == 0)
    assert np.all(np.abs(parts[:, 1:]).sum(axis=1) > 0)
    alone = as_ensemble(drawn_scorer(names=NAMES[2:]), names=NAMES[2:])
    said = explain(alone, features[:, 3:], features[:2, 3:]).text
    assert any("days weeks" in text for place in said for text in place.to_pylist() if text)


def test_rows_carry_their_sequence():
    some = rows().take(np.array([4, 2]))
    wide = some.with_steps()
    assert wide.names == NAMES
    assert np.array_equal(wide.features, customers(30, 0)[[4, 2]])
    assert wide.sequence is None
    candidate = candidates_for(NAMES[:2], (recurrent.NAME,))[-1]
    rule = candidates_for(NAMES[:2])[0]
    assert candidate.rows(some).names == NAMES
    assert rule.rows(some) is some
    assert [block.names for block in rule.blocks(some)] == [NAMES[:2]]


def test_blocks_hold_every_row_once(monkeypatch):
    monkeypatch.setattr(candidates, "SEQUENCE_ROWS", 7)
    blocks = list(candidates_for(NAMES[:2], (recurrent.NAME,))[-1].blocks(rows()))
    assert [len(block) for block in blocks] == [6, 6, 6, 6, 6]
    assert np.array_equal(np.vstack([block.features for block in blocks]), customers(30, 0))


def test_the_sequence_counts_in_the_hash_of_the_data_where_it_is_read():
    held = rows()
    other = customers(30, 0)[:, 2:].astype(np.float32)
    other[3, 5] += 1
    hashes = {sha256_of(held), sha256_of(rows()), sha256_of(Rows(**{**vars(held), "sequence": None}))}
    hashes.add(sha256_of(Rows(**{**vars(held), "sequence": Sequence(NAMES[2:], other)})))
    assert len(hashes) == 3


def test_channels_that_say_nothing_are_left_out():
    values = np.zeros((5, len(STEPS)), dtype=np.float32)
    values[2, list(STEPS).index("visit_days_weeks_5_to_8")] = 1
    found = Sequence(tuple(STEPS), values)
    assert sequence.channels(found.says()) == ("visit_days",)
    assert len(found.only(found.says()).names) == PERIODS
    assert found.newest()[2] == "visit_days_weeks_1_to_4"


def test_without_pytorch_who_names_it_is_told_and_all_are_the_others(monkeypatch):
    monkeypatch.setattr(recurrent, "is_installed", lambda: False)
    assert wanted_models("all") == MODELS
    assert recurrent.NAME not in wanted_models(None)
    with pytest.raises(UsageError, match="recurrent_network needs PyTorch") as told:
        wanted_models("logistic_regression,recurrent_network")
    assert "'.[recurrent]'" in str(told.value.remedy)
    monkeypatch.setattr(recurrent, "is_installed", lambda: True)
    assert wanted_models("all") == (*MODELS, recurrent.NAME)
    assert wanted_models("recurrent_network") == (recurrent.NAME,)


def test_it_takes_about_as_many_steps_whatever_the_rows():
    assert [recurrent.step_count(count) for count in (100, 600, 20_000)] == [20, 100, recurrent.STEPS]
    drawn = [batch.tolist() for batch in recurrent._batches(300, 4, 0)]
    assert [len(batch) for batch in drawn] == [128] * 4
    assert len({*drawn[0], *drawn[1]}) == 256
    assert drawn == [batch.tolist() for batch in recurrent._batches(300, 4, 0)]


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="needs the extra `recurrent` (PyTorch)")


def ordered(count, seed):
    """All bought on four days of the year: who did so early has left. No count tells them apart, only the order."""
    rng = np.random.default_rng(seed)
    features, left = customers(count, seed), (rng.random(count) < 0.5).astype(float)
    for row, gone in zip(features, left, strict=True):
        row[2::2] = 0
        row[2 + 2 * (rng.choice(6, 4, replace=False) + (7 if gone else 0))] = 1
    return features, left


def fit(features, label, seed=1):
    with one_thread():
        return recurrent.fit(features, label, NAMES, seed)


def test_it_scores_as_pytorch_does(torch):
    features, label = ordered(200, 0)
    scorer = fit(features, label)
    cell = torch.nn.GRU(len(CHANNELS), recurrent.LEARNER["units"], batch_first=True).double()
    parts = {"ih": ("into", "into_bias"), "hh": ("onward", "onward_bias")}
    for end, (weight, bias) in parts.items():
        getattr(cell, f"weight_{end}_l0").data = torch.from_numpy(getattr(scorer, weight).T.copy())
        getattr(cell, f"bias_{end}_l0").data = torch.from_numpy(getattr(scorer, bias))
    last = cell(torch.from_numpy(scorer.steps(features)))[0][:, -1].detach().numpy()
    assert scorer.score(features) == pytest.approx(last @ scorer.weights + scorer.intercept, abs=1e-9)


def test_it_learns_what_only_the_order_of_days_tells(torch):
    scorer = fit(*ordered(600, 0))
    features, label = ordered(300, 1)
    assert float(auc(Ties.of(label, scorer.score(features), np.ones((1, 300))))[0]) > 0.95
    assert sigmoid(scorer.score(features)).mean() == pytest.approx(label.mean(), abs=0.1)


def test_the_same_rows_and_seed_give_the_same_bytes_and_pytorch_is_left_as_it_was(torch):
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.random.get_rng_state()
    features, label = ordered(300, 0)
    one, two, other = fit(features, label), fit(features, label), fit(features, label, seed=2)
    assert files.to_bytes(as_ensemble(one), features[:4]) == files.to_bytes(as_ensemble(two), features[:4])
    assert not np.array_equal(one.weights, other.weights)
    assert before[:2] == (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled())
    assert torch.equal(before[2], torch.random.get_rng_state())
