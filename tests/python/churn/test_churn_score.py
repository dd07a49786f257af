"""What scoring writes: once, whole, with reasons that are the customer's own."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import shop
from clm_ml.churn import score
from clm_ml.models.publish import Maker
from clm_ml.models.reasons import say_feature
from prediction_tables import ROOT

PREDICTIONS = "select * exclude (scored_at), scored_at from predictions.pred_churn order by customer_id, as_of_date"
FIGURES = "select * exclude (scored_at) from predictions.pred_churn order by customer_id, as_of_date"
SCORES = (
    "select customer_id, churn_probability, probability_low, probability_high, risk_band, churn_log_odds, "
    "season_contribution from predictions.pred_churn order by customer_id, as_of_date"
)
EXPLAINED = (
    "select customer_id, risk_band, * exclude (customer_id, risk_band, scored_at) from predictions.pred_churn "
    "where other_contribution is not null order by customer_id"
)


def test_scores_are_of_the_eligible_customers_of_the_newest_date(scored):
    eligible = scored.sql(
        f"select customer_id from labels.label_churn where is_eligible and as_of_date = '{shop.WATERMARK}' order by 1"
    )
    assert (
        scored.sql(f"select customer_id from predictions.pred_churn where as_of_date = '{shop.WATERMARK}' order by 1")
        == eligible
    )
    assert len(eligible) > 200


def test_intervals_hold_their_probability_and_bands_their_thresholds(scored):
    wrong = scored.sql(
        "select count(*) from predictions.pred_churn where not probability_low <= churn_probability "
        "or not churn_probability <= probability_high "
        "or risk_band <> case when churn_probability < .35 then 'low' "
        "when churn_probability < .65 then 'medium' else 'high' end"
    )
    assert wrong == [(0,)]
    width = scored.sql("select min(probability_high - probability_low) from predictions.pred_churn")
    assert width[0][0] > 0


def test_scoring_twice_changes_nothing(scored):
    before = scored.sql(PREDICTIONS)
    result = scored.run("score", "churn", "--json")
    assert json.loads(result.stdout)["is_unchanged"] is True
    assert "unchanged" in result.stderr
    assert scored.sql(PREDICTIONS) == before


def test_only_what_differs_is_written(scored):
    before = scored.sql(PREDICTIONS)
    anna = before[0][0]
    changed = "churn_probability = 0.5, scored_at = '2020-01-01'"
    scored.sql(f"update predictions.pred_churn set {changed} where customer_id = '{anna}'")
    result = json.loads(scored.run("score", "churn", "--json").stdout)
    assert (result["written"], result["removed"]) == (1, 1)
    after = scored.sql(PREDICTIONS)
    assert after[1:] == before[1:]
    assert after[0][:-1] == before[0][:-1]


def test_an_earlier_date_is_added_beside_the_newest(scored):
    before = scored.sql(PREDICTIONS)
    assert scored.run("score", "churn", "--as-of", "2025-05-31").exit_code == 0
    assert scored.sql("select count(distinct as_of_date) from predictions.pred_churn") == [(2,)]
    assert [row for row in scored.sql(PREDICTIONS) if row[1] == shop.WATERMARK] == before


def test_small_batches_give_the_same_rows(scored, monkeypatch):
    monkeypatch.setattr("clm_ml.models.publish.BATCH", 37)
    assert json.loads(scored.run("score", "churn", "--json").stdout)["is_unchanged"] is True


def test_the_first_scores_of_a_date_are_the_same_in_small_batches(scored, monkeypatch):
    before = scored.sql(FIGURES)
    scored.sql("delete from predictions.pred_churn")
    monkeypatch.setattr("clm_ml.models.publish.BATCH", 37)
    assert json.loads(scored.run("score", "churn", "--json").stdout)["written"] == len(before)
    assert scored.sql(FIGURES) == before


def test_the_first_scores_of_a_date_are_written_as_a_whole_or_not_at_all(scored, monkeypatch):
    scored.sql("delete from predictions.pred_churn")
    monkeypatch.setattr("clm_ml.models.publish.BATCH", 100)
    made, batches = Maker.made, []

    def interrupted(maker, batch):
        batches.append(batch.num_rows)
        if len(batches) == 3:
            raise KeyboardInterrupt
        return made(maker, batch)

    monkeypatch.setattr(Maker, "made", interrupted)
    assert scored.run("score", "churn").exit_code != 0
    assert batches == [100, 100, 100]
    assert scored.sql("select count(*) from predictions.pred_churn") == [(0,)]


def test_reasons_are_of_those_at_risk_where_that_is_asked(scored):
    everyone = scored.sql(FIGURES)
    told, scores = scored.sql(EXPLAINED), scored.sql(SCORES)
    for choice, bands in (("high", "('high')"), ("medium", "('high', 'medium')"), ("none", "('')")):
        assert scored.run("score", "churn", "--reasons", choice).exit_code == 0
        assert scored.sql(EXPLAINED) == [row for row in told if f"'{row[1]}'" in bands]
        assert scored.sql(SCORES) == scores
        left_out = scored.sql(
            "select count(*) from predictions.pred_churn where other_contribution is null and coalesce(reason_1, "
            "reason_2_topic, cast(reason_3_contribution as varchar), cast(baseline_log_odds as varchar)) is not null"
        )
        assert left_out == [(0,)]
    assert scored.run("score", "churn").exit_code == 0
    assert scored.sql(FIGURES) == everyone


def test_an_unknown_choice_of_reasons_is_wrong_usage(scored):
    result = scored.run("score", "churn", "--reasons", "some")
    assert result.exit_code == 2
    assert "all, medium, high, none" in result.stderr


def test_killed_in_the_middle_the_old_rows_stand(scored):
    scored.sql("update predictions.pred_churn set churn_probability = 0.5")
    before = scored.sql(PREDICTIONS)
    killer = (
        "import os, signal\nfrom clm_ml.churn import score\nfrom clm_ml.models import publish\n"
        "def half(con, table, gone, added):\n"
        "    con.execute(f'delete from {table} as p where {gone}')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "publish.replace_rows = half\nscore.score()"
    )
    done = subprocess.run([sys.executable, "-c", killer], env=os.environ, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert scored.sql(PREDICTIONS) == before
    assert scored.run("score", "churn").exit_code == 0
    assert scored.sql(PREDICTIONS) != before


def test_reasons_differ_between_customers_and_are_sentences(scored):
    reasons = scored.sql("select reason_1, reason_2, reason_3 from predictions.pred_churn")
    assert len({row[0] for row in reasons}) > len(reasons) / 4
    assert all(len({text.split(" (")[0] for text in row if text}) == len([t for t in row if t]) for row in reasons)
    assert all(row[0].endswith((" (raises the risk)", " (lowers the risk)")) for row in reasons)


PARTS = (
    "baseline_log_odds + season_contribution + coalesce(reason_1_contribution, 0) + "
    "coalesce(reason_2_contribution, 0) + coalesce(reason_3_contribution, 0) + other_contribution"
)


def test_published_contributions_add_up_to_the_published_score(scored):
    told = scored.sql(
        f"select max(abs({PARTS} - churn_log_odds)), max(abs(1 / (1 + exp(-churn_log_odds)) - churn_probability)), "
        "count(*), count(churn_log_odds), max(abs(reason_1_contribution)) from predictions.pred_churn"
    )[0]
    assert told[0] < 1e-9
    assert told[1] < 1e-6
    assert told[2] == told[3] > 200
    assert told[4] > 0.1


def test_the_sentence_says_the_sign_of_its_contribution(scored):
    told = scored.sql("select reason_1, reason_1_contribution from predictions.pred_churn")
    assert all(("raises" in text) == (contribution > 0) for text, contribution in told)
    assert scored.sql("select count(*) from predictions.pred_churn where reason_2_topic = reason_1_topic") == [(0,)]


def test_spark_s_workers_give_the_columns_in_the_table_s_order(scored):
    assert tuple(row[0] for row in scored.sql("describe predictions.pred_churn")) == score.COLUMNS


def test_a_table_of_an_earlier_version_is_refused_with_what_to_type(scored):
    scored.sql("alter table predictions.pred_churn drop column other_contribution")
    result = scored.run("score", "churn")
    assert result.exit_code == 3
    assert "dbt build --select predictions" in result.stderr


def test_phrases():
    names = ("recency_days", "typical_gap_days", "complaint_count_365d", "moon_phase", "open_rate_90d")
    ben = np.array([74.0, 20.2, 3.0, 0.25, 0.4])
    said = [say_feature(names, i, ben) for i in range(len(names))]
    assert said == [
        "no order for 74 days, usually every 20 days",
        "usually orders every 20 days",
        "3 complaints in a year",
        "moon phase: 0.25",
        "opened 40 % of messages in 90 days",
    ]
    carla = np.array([1.0, np.nan, 1.0, np.nan, 0.0])
    assert [say_feature(names, i, carla) for i in range(len(names))] == [
        "no order for 1 day",
        "has ordered on one day only",
        "1 complaint in a year",
        "moon phase: unknown",
        "opened no message in 90 days",
    ]


def test_a_tampered_model_is_refused_and_training_writes_it_again(scored):
    name = scored.sql("select model_file from predictions.ml_training_runs")[0][0]
    path = scored.path.parent / "clm_models" / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    before = scored.sql(PREDICTIONS)
    result = scored.run("score", "churn")
    assert result.exit_code == 3
    assert "is not the one that was registered" in result.stderr
    assert scored.sql(PREDICTIONS) == before
    runs = scored.sql("select * from predictions.ml_training_runs")
    assert scored.run("train", "churn").exit_code == 0
    assert path.read_bytes() == whole
    assert scored.sql("select * from predictions.ml_training_runs") == runs
    assert scored.run("score", "churn").exit_code == 0


def test_a_lost_model_is_refused(scored):
    for path in (scored.path.parent / "clm_models").iterdir():
        path.unlink()
    result = scored.run("score", "churn")
    assert result.exit_code == 3
    assert "clm-ml train" in result.stderr


def test_nothing_trained_and_nothing_built_are_refused_with_what_to_type(fresh):
    place = fresh()
    result = place.run("score", "churn")
    assert result.exit_code == 3
    assert "clm-ml train churn" in result.stderr
    place.sql("drop table predictions.pred_churn")
    assert "dbt build" in place.run("score", "churn").stderr


def test_a_date_without_snapshot_is_refused(scored):
    assert scored.run("score", "churn", "--as-of", "2031-01-01").exit_code == 3


def test_bands_at_their_thresholds():
    assert score.risk_band(np.array([0.349999, 0.35, 0.649999, 0.65])).tolist() == ["low", "medium", "medium", "high"]
