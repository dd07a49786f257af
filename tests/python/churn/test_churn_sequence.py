"""A model that reads sequences goes the way of every other: trained, refused, registered, scored, explained."""

import json

import numpy as np
import pytest
from clm_ml.churn import train
from clm_ml.models import candidates, recurrent
from clm_ml.models.recurrent import RecurrentScorer
from clm_ml.models.sequence import CHANNELS, positions

OTHERS = ", ".join(f"0 as {channel}" for channel in CHANNELS if channel not in ("purchase_days", "visit_days"))
SEQUENCE = (
    "create table features.feat_customer__sequence as select customer_id, as_of_date, "
    "{period} as period_number, {days} as purchase_days, "
    f"frequency_count as visit_days, {OTHERS} from features.feat_customer__all where recency_days < 364"
)
LEAK = "1 + 5 * coalesce((select 1 - is_churned from labels.label_churn l where l.customer_id = "
LEAK += "feat_customer__all.customer_id and l.as_of_date = feat_customer__all.as_of_date), 0)"
ARGUMENTS = ("train", "churn", "--candidates", recurrent.NAME)


def drawn(features, label, names, seed):
    """A network of drawn weights in place of a fitted one, so that PyTorch need not be here."""
    rng, place = np.random.default_rng(seed), positions(names)
    shapes = [(place.shape[1], 6), (6,), (2, 6), (6,), (2,)]
    return RecurrentScorer(place, np.ones(place.shape[1]), *(rng.normal(0, 1, s) for s in shapes), intercept=0.1)


@pytest.fixture
def place(fresh, monkeypatch):
    """An untrained shop with sequences, half of its customers; the network is chosen whatever it says."""
    choose = train.choose

    def insist(those, reads, test, seed):
        return (those[-1], choose(those, reads, test, seed)[1], "it was told to be")

    monkeypatch.setattr(recurrent, "is_installed", lambda: True)
    monkeypatch.setattr(train, "packages", lambda *more: dict.fromkeys(("numpy", *more), "2.0"))
    monkeypatch.setitem(candidates._LEARNERS, recurrent.NAME, (drawn, recurrent.SETTINGS))
    monkeypatch.setattr(train, "choose", insist)
    return fresh(lambda frame: frame[frame.customer_id > "anna-5"])


def test_it_is_trained_scored_and_explained_as_every_other(place):
    place.sql(SEQUENCE.format(period="1 + recency_days // 28", days=1))
    trained = place.run(*ARGUMENTS)
    assert trained.exit_code == 0, trained.output
    (run,) = place.sql(
        "select algorithm, parameters, package_versions, feature_names from predictions.ml_training_runs"
    )
    assert (run[0], json.loads(run[1])["sequence"]) == (recurrent.NAME, ["purchase_days", "visit_days"])
    assert json.loads(run[2])["torch"] == "2.0"
    effects = place.sql("select feature_name from predictions.ml_feature_effects order by 1")
    assert effects == [("purchase_days",), ("visit_days",)]
    binned = {name for (name,) in place.sql("select distinct feature_name from predictions.ml_feature_bins")}
    assert binned == {*json.loads(run[3]), "churn_probability"}
    assert place.sql(f"select count(*) from predictions.ml_candidate_costs where candidate = '{run[0]}'") == [(1,)]
    assert json.loads(place.run(*ARGUMENTS, "--json").stdout)["is_new"] is False

    scored = json.loads(place.run("score", "churn", "--json").stdout)
    assert scored["written"] == scored["scored"] > 100
    assert json.loads(place.run("score", "churn", "--json").stdout)["is_unchanged"]
    off, few = place.sql("""
        select max(abs(churn_log_odds - baseline_log_odds - season_contribution - other_contribution
            - coalesce(reason_1_contribution, 0) - coalesce(reason_2_contribution, 0)
            - coalesce(reason_3_contribution, 0))), count(distinct churn_probability)
        from predictions.pred_churn
    """)[0]
    assert off < 1e-9
    assert few > 10
    topics = place.sql("select distinct reason_1_topic from predictions.pred_churn where reason_1 is not null")
    assert set(topics) <= {("order rhythm",), ("visits",)}
    assert "purchase_days, visit_days, of each four weeks" in place.run("card", "churn").stdout
    place.sql("alter table features.feat_customer__sequence drop visit_days")
    refused = place.run("score", "churn")
    assert (refused.exit_code, "feat_customer__sequence.visit_days" in refused.output) == (3, True)


def test_a_sequence_that_knows_the_outcome_is_refused(place):
    place.sql(SEQUENCE.format(period=1, days=LEAK))
    refused = place.run(*ARGUMENTS)
    assert refused.exit_code == 3
    assert "purchase_days_weeks_1_to_4" in refused.output
    assert "features.feat_customer__sequence" in refused.output


def test_without_the_table_who_names_it_is_told_and_all_are_the_others(place):
    refused = place.run(*ARGUMENTS)
    assert (refused.exit_code, "no features.feat_customer__sequence" in refused.output) == (3, True)
    with train.connect(read_only=True) as con:
        assert recurrent.NAME not in train._models(con, "all")
        assert train._models(con, None) == candidates.DEFAULT


def test_what_cannot_compete_is_said_once(place, monkeypatch, capsys):
    monkeypatch.setattr(recurrent, "is_installed", lambda: False)
    with train.connect(read_only=True) as con:
        assert train._models(con, "all") == candidates.MODELS
    assert capsys.readouterr().err.count("left out: recurrent_network, which needs PyTorch") == 1
