"""The figures as printed, and the state of the warehouse."""

import json

import duckdb
import shop
from clm_ml.status import status
from places import point_at


def test_evaluate_prints_models_and_rules_side_by_side(scored):
    result = scored.run("evaluate")
    assert result.exit_code == 0
    for word in ("logistic_regression", "recency_by_own_gap", "base_rate", "calibration_slope", "verdict:"):
        assert word in result.stdout


def test_evaluate_json_holds_what_the_tables_hold(scored):
    found = json.loads(scored.run("evaluate", "--json").stdout)
    assert len(found["metrics"]) == scored.sql("select count(*) from predictions.ml_metrics")[0][0]
    assert scored.run("evaluate", "--version", "churn-of-nobody").exit_code == 2


def test_status_of_a_scored_shop(scored):
    found = status()
    assert (found["features"], found["scored"]["is_stale"]) == (shop.WATERMARK, False)
    assert found["next"] == "dbt build --selector after_scoring"
    scored.sql("update predictions.pred_churn set as_of_date = as_of_date - 30")
    assert status()["scored"]["why_stale"] == "the features know 2025-06-30"
    assert "next         clm-ml score" in scored.run("status").stdout


def test_status_of_an_untrained_shop_with_quarantine(fresh):
    place = fresh()
    place.sql("create schema quality")
    place.sql("create table quality.fct_quarantined_rows as select 'orders' as table_name, 'no date' as reason")
    place.sql("create schema raw")
    place.sql("create table raw.load_files as select 'a.csv' as file_name")
    said = place.run("status").stdout
    for line in ("loaded       1 files", "1 orders: no date", "trained      not yet", "next         clm-ml train"):
        assert line in said


def test_status_of_an_empty_warehouse(tmp_path, monkeypatch):
    duckdb.connect(str(tmp_path / "clm.duckdb")).close()
    place = point_at(monkeypatch, tmp_path)
    assert json.loads(place.run("status", "--json").stdout)["next"] == "dbt build"


def test_a_missing_warehouse_is_exit_4(tmp_path, monkeypatch):
    assert point_at(monkeypatch, tmp_path).run("status").exit_code == 4
