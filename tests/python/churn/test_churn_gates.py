"""Why there is no score stands in a table: what was found, what is needed, and the reason."""

import json
from datetime import timedelta

import pytest
import shop

GATES = "select gate, found_count, needed_count, is_passed, reason from predictions.ml_gates order by gate"


def gates(place):
    return {name: rest for name, *rest in place.sql(GATES)}


def few(frame):
    return frame[frame.customer_id < "anna-15000"]


def test_a_trained_and_scored_shop_has_passed_them_all(scored):
    found = gates(scored)
    assert all(is_passed and reason is None for _, _, is_passed, reason in found.values())
    assert found["training"] == found["scoring"] == [None, None, True, None]
    counted = scored.sql(
        "select count(distinct customer_id), count(distinct as_of_date) from labels.label_churn "
        "where is_eligible and is_churned is not null"
    )[0]
    assert (found["customers"][0], found["matured_dates"][0]) == counted
    run = scored.sql("select test_date, calibration_date, train_row_count from predictions.ml_training_runs")[0]
    for part, day in (("test", run[0]), ("calibration", run[1])):
        labels = scored.sql(
            f"select sum(is_churned), sum(1 - is_churned) from labels.label_churn "
            f"where is_eligible and as_of_date = '{day}'"
        )
        assert [(found[f"{part}_churned"][0], found[f"{part}_retained"][0])] == labels
    assert found["training_churned"][0] + found["training_retained"][0] == run[2]
    assert scored.sql("select distinct as_of_date from predictions.ml_gates") == [(shop.WATERMARK,)]


def test_too_few_customers_are_a_row_with_the_reason_and_status_says_it(fresh):
    place = fresh(few)
    assert place.run("train", "churn").exit_code == 3
    found, needed, is_passed, reason = gates(place)["customers"]
    assert found < needed == 200
    assert not is_passed
    assert reason == f"{found} eligible customers with a known outcome; 200 needed"
    assert "training needs 200" in gates(place)["training"][3]
    assert f"refused      churn, customers: {reason}" in place.run("status").stdout
    assert {"task": "churn", "gate": "customers", "reason": reason} in json.loads(
        place.run("status", "--json").stdout
    )["refused"]
    assert place.sql("select count(*) from predictions.pred_churn") == [(0,)]


def test_once_there_is_enough_the_reason_is_gone(fresh, frame):
    place = fresh(few)
    place.run("train", "churn")
    with_enough = shop.warehouse(place.path.parent / "whole.duckdb", frame)
    for table in ("features.feat_customer__all", "labels.label_churn"):
        place.sql(f"attach '{with_enough}' as whole; create or replace table {table} as from whole.{table}")
    assert place.run("train", "churn").exit_code == 0
    assert all(is_passed for _, _, is_passed, _ in gates(place).values())


def test_a_short_history_is_named(fresh):
    place = fresh(lambda f: f[f.as_of_date >= shop.WATERMARK - timedelta(days=120)])
    result = place.run("train", "churn")
    assert result.exit_code == 3
    assert gates(place)["history"][:3] == [0, 1, False]
    assert "90 days before the test date" in gates(place)["history"][3]


def test_nothing_matured_is_named(fresh):
    place = fresh(lambda f: f.assign(is_churned=None, return_day_count=None))
    assert place.run("train", "churn").exit_code == 3
    assert gates(place)["matured_dates"][:3] == [0, 1, False]
    assert gates(place)["training"][3] == "no label has matured yet"


def test_a_leak_is_a_reason_too(fresh):
    place = fresh(lambda f: f.assign(orders_next_90d=3 * (1 - f.is_churned.fillna(0).astype(float))))
    assert place.run("train", "churn").exit_code == 3
    assert gates(place)["customers"][2]
    assert "feature orders_next_90d is refused" in gates(place)["training"][3]


def test_nobody_to_score_is_a_reason_and_leaves_the_gates_of_training(scored):
    before = {name: gate for name, gate in gates(scored).items() if name != "scoring"}
    scored.sql(f"update labels.label_churn set is_eligible = false where as_of_date = '{shop.WATERMARK}'")
    assert scored.run("score", "churn").exit_code == 3
    assert gates(scored)["scoring"] == [None, None, False, f"nobody is eligible on {shop.WATERMARK}"]
    assert {name: gate for name, gate in gates(scored).items() if name != "scoring"} == before


def test_an_untrained_shop_is_not_refused(fresh):
    place = fresh()
    assert place.run("score", "churn").exit_code == 3
    assert gates(place) == {}


@pytest.mark.parametrize("words", [("card", "churn"), ("card",)])
def test_the_card_says_what_the_tables_say_and_nothing_else_twice_the_same(scored, words):
    said = scored.run(*words)
    assert said.exit_code == 0, said.output
    run = scored.sql("select model_version, data_hash, algorithm from predictions.ml_training_runs where is_champion")
    for word in (*run[0], "## Figures on the test date", "## Gates, as last measured", "## Limits", "## Made of"):
        assert word in said.stdout
    auc, low, high = scored.sql(
        "select metric_value, value_low, value_high from predictions.ml_metrics "
        "where is_chosen and split = 'test' and metric = 'auc'"
    )[0]
    assert f"| auc | {auc:.3f} | {low:.3f} … {high:.3f} |" in said.stdout
    assert "Drift since" not in said.stdout  # dbt has not measured it here
    assert scored.run(*words).stdout == said.stdout


def test_bins_of_training_are_kept_with_the_run(scored):
    assert scored.sql(
        "select count(distinct feature_name) - 1 = json_array_length(any_value(r.feature_names)), "
        "bool_or(feature_name = 'churn_probability') "
        "from predictions.ml_feature_bins join predictions.ml_training_runs as r using (model_version)"
    ) == [(True, True)]
    rows = scored.sql("select distinct sum(train_row_count) from predictions.ml_feature_bins group by feature_name")
    fitted = scored.sql(
        "select count(*) from labels.label_churn, predictions.ml_training_runs "
        "where is_eligible and is_churned is not null and as_of_date <= deployed_last_train_date"
    )
    assert rows == fitted
