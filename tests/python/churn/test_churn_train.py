"""What training registers, and that the same data give the same rows."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import duckdb
import numpy as np
import pytest
import shop
from clm_ml.models.candidates import MODELS
from places import point_at
from prediction_tables import ROOT

TABLES = ("ml_metrics", "ml_calibration", "ml_feature_effects")


def metric(place, name, candidate=None):
    """(value, low, high) on the test slice, of the chosen candidate by default."""
    which = f"candidate = '{candidate}'" if candidate else "is_chosen"
    found = place.sql(
        "select metric_value, value_low, value_high from predictions.ml_metrics "
        f"where {which} and split = 'test' and metric = '{name}'"
    )
    return found[0]


def test_every_candidate_and_rule_is_read_on_both_slices(scored):
    counted = scored.sql("select candidate, split, count(*) from predictions.ml_metrics group by all order by all")
    candidates = ["base_rate", "gradient_boosting", "logistic_regression", "random_forest", "recency"]
    candidates.append("recency_by_own_gap")
    gains = {"gradient_boosting", "logistic_regression", "random_forest"}
    assert counted == [
        (name, split, 10 if split == "test" and name in gains else 8)
        for name in sorted(candidates)
        for split in ("test", "validation")
    ]


def test_the_dates_keep_the_embargo(scored):
    horizon, last, calibration, test, deployed, newest = scored.sql(
        "select horizon_days, last_train_date, calibration_date, test_date, deployed_last_train_date, "
        "deployed_calibration_date from predictions.ml_training_runs"
    )[0]
    assert last + timedelta(horizon) <= calibration
    assert calibration + timedelta(horizon) <= test
    assert deployed + timedelta(horizon) <= newest == test


def test_exactly_one_champion_and_a_file_with_its_hash(scored):
    assert scored.run("train", "churn", "--seed", "5").exit_code == 0
    runs = scored.sql("select is_champion, seed from predictions.ml_training_runs order by seed")
    assert runs == [(False, 0), (True, 5)]
    version, name, verdict = scored.sql(
        "select model_version, model_file, verdict from predictions.ml_training_runs where is_champion"
    )[0]
    assert (scored.path.parent / "clm_models" / name).is_file()
    assert version.startswith("churn-2025-04-01-")
    assert "against" in verdict


def test_training_again_changes_nothing_and_says_so(scored):
    before = scored.sql("select * from predictions.ml_training_runs")
    result = scored.run("train", "churn")
    assert result.exit_code == 0
    assert "nothing changed" in result.stderr
    assert scored.sql("select * from predictions.ml_training_runs") == before


def test_another_process_with_other_threads_gives_the_same_rows_and_file(scored, fresh):
    other = fresh()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-W", "error::FutureWarning", "-m", "clm_ml", "train", "churn", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert json.loads(done.stdout)["is_new"] is True
    for table in ("ml_training_runs", *TABLES):
        query = f"select * from predictions.{table} order by all"
        if table == "ml_training_runs":
            query = f"select * exclude (trained_at) from predictions.{table}"
        assert scored.sql(query) == other.sql(query), table
    name = other.sql("select model_file from predictions.ml_training_runs")[0][0]
    if name:
        files = [(place.path.parent / "clm_models" / name).read_bytes() for place in (scored, other)]
        assert files[0] == files[1]


def test_random_outcomes_keep_the_rule(fresh):
    def shuffle(frame):
        known = frame.is_churned.notna()
        rng = np.random.default_rng(8)  # all of 24 shuffles kept the rule; one interval in 20 misses .5
        frame.loc[known, "is_churned"] = rng.integers(0, 2, known.sum())
        return frame.assign(purchase_day_count=frame.frequency_count)

    place = fresh(shuffle)
    result = place.run("train", "churn", "--candidates", "all")
    assert result.exit_code == 0, result.output
    algorithm, name, verdict = place.sql("select algorithm, model_file, verdict from predictions.ml_training_runs")[0]
    assert algorithm in ("base_rate", "recency", "recency_by_own_gap")
    assert name is None
    assert "the rule is kept" in verdict
    for candidate in MODELS:
        _, low, high = metric(place, "auc", candidate)
        assert low < 0.5 < high
    assert place.run("score", "churn").exit_code == 0
    spread = place.sql("select max(churn_probability) - min(churn_probability) from predictions.pred_churn")[0][0]
    assert spread < 0.2


def test_only_the_named_models_compete_and_what_they_cost_is_told(fresh):
    place = fresh(lambda frame: frame[frame.customer_id > "anna-5"])
    assert place.run("train", "churn", "--candidates", "naive_bayes,decision_tree").exit_code == 0
    competed = {"base_rate", "recency", "recency_by_own_gap", "decision_tree", "naive_bayes"}
    assert {name for (name,) in place.sql("select distinct candidate from predictions.ml_metrics")} == competed
    costs = place.sql("select * exclude (model_version) from predictions.ml_candidate_costs order by candidate")
    assert {cost[0] for cost in costs} == competed
    train_rows = place.sql("select train_row_count from predictions.ml_training_runs")[0][0]
    for _, fits, rows, seconds, scored_rows, per_1000 in costs:
        assert (fits, seconds >= 0, per_1000 >= 0, 0 < rows < train_rows, scored_rows > 0) == (3, *[True] * 4)
    with pytest.raises(duckdb.ConstraintException):
        place.sql("update predictions.ml_candidate_costs set fit_seconds = -1")
    printed = place.run("evaluate", "churn").stdout
    line = next(line for line in printed.splitlines() if line.startswith("naive_bayes"))
    assert len(line.replace(" *", "").split()) == 9


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("ouija_board", "no candidate is called ouija_board"),
        ("buy_till_you_die", "needs features that are not there"),
    ],
)
def test_candidates_that_cannot_compete_are_exit_2(scored, named, why):
    result = scored.run("train", "churn", "--candidates", named)
    assert result.exit_code == 2
    assert why in result.stderr


def test_help_names_every_model(scored):
    words = scored.run("train", "--help").stdout
    assert all(name in words for name in MODELS)


def test_on_known_truth_the_probabilities_are_calibrated_and_beat_the_rule(tmp_path, monkeypatch):
    shop.warehouse(tmp_path / "clm.duckdb", shop.snapshots(6000, months=13, seed=11, every=3))
    place = point_at(monkeypatch, tmp_path)
    result = place.run("train", "churn")
    assert result.exit_code == 0, result.output
    assert 0.8 <= metric(place, "calibration_slope")[0] <= 1.2
    assert metric(place, "ece")[0] <= 0.03
    assert metric(place, "auc_gain_over_rule")[1] > 0
    strongest = place.sql("select feature_name from predictions.ml_feature_effects where effect_rank = 1")
    assert strongest == [("days_since_last_visit",)]  # visits stop when a customer leaves
    noise = place.sql(
        "select abs(auc_loss) from predictions.ml_feature_effects where feature_name = 'horoscope_count'"
    )
    assert noise[0][0] < 0.002
