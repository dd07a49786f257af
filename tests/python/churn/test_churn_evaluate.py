"""The figures as printed, and the state of the warehouse."""

import json
import re

import duckdb
import pytest
import shop
from clm_ml.models import contact
from clm_ml.status import status
from places import point_at
from prediction_tables import ROOT


def test_evaluate_prints_models_and_rules_side_by_side(scored):
    result = scored.run("evaluate", "churn")
    assert result.exit_code == 0
    for word in ("logistic_regression", "recency_by_own_gap", "base_rate", "calibration_slope", "verdict:"):
        assert word in result.stdout


def test_evaluate_shows_what_the_contact_rule_would_have_earned_and_calls_it_simulated(scored):
    said = scored.run("evaluate", "churn").stdout
    words = ("profit per customer", "treat all", "threshold half", "Real outcomes, simulated response", "known value")
    for word in words:
        assert word in said
    earned = dict(
        scored.sql(
            "select metric, metric_value from predictions.ml_metrics inner join predictions.ml_training_runs "
            "using (model_version) where candidate = algorithm and split = 'test' and metric like 'profit%'"
        )
    )
    for rival in ("treat_all", "treat_none", "threshold_half"):
        gain = earned["profit_contact_rule"] - earned[f"profit_{rival}"]
        assert earned[f"profit_gain_over_{rival}"] == pytest.approx(gain, abs=1e-9)
    assert earned["profit_contact_rule"] > 0 == earned["profit_treat_none"]


def test_the_profit_of_the_test_slice_is_recounted_from_labels_scores_and_values(scored):
    """Treat all needs no score: every customer's own outcome and value, at the shop's terms."""
    terms = "0.3 * is_churned * (kept_value_amount::double - 2) - 0.9 * (1 - is_churned) * 2 - 0.1"
    day, algorithm = scored.sql("select test_date, algorithm from predictions.ml_training_runs")[0]
    expected = scored.sql(
        f"select avg({terms}), count(*) from labels.label_churn join features.feat_customer__kept_value "
        f"using (customer_id, as_of_date) where is_eligible and as_of_date = '{day}' "
        "and kept_value_amount is not null"
    )[0]
    told = scored.sql(
        "select metric_value, row_count from predictions.ml_metrics "
        f"where metric = 'profit_treat_all' and candidate = '{algorithm}'"
    )[0]
    assert told == (pytest.approx(expected[0]), expected[1])


def test_without_values_there_are_no_profits_to_show(scored):
    scored.sql("delete from predictions.ml_metrics where metric like 'profit%'")
    result = scored.run("evaluate", "churn")
    assert result.exit_code == 0
    assert "profit" not in result.stdout
    with duckdb.connect() as con:
        assert contact.read(con, None, shop.WATERMARK) is None


def test_evaluate_json_holds_what_the_tables_hold(scored):
    found = json.loads(scored.run("evaluate", "churn", "--json").stdout)
    assert len(found["metrics"]) == scored.sql("select count(*) from predictions.ml_metrics")[0][0]
    assert scored.run("evaluate", "churn", "--version", "churn-of-nobody").exit_code == 2


def test_status_of_a_scored_shop(scored):
    found = status()
    assert (found["features"], found["scored"]["is_stale"]) == (shop.WATERMARK, False)
    assert found["next"] == "dbt build --selector after_scoring"
    scored.sql("update predictions.pred_churn set as_of_date = as_of_date - 30")
    assert status()["scored"]["why_stale"] == "the features know 2025-06-30"
    assert "next         clm-ml score" in scored.run("status").stdout


def with_marts(place):
    """What `dbt build --selector after_scoring` leaves behind, as far as status reads it."""
    sql = (ROOT / "models/predictions/pred_churn__latest.sql").read_text(encoding="utf-8")
    place.sql(
        "create view predictions.pred_churn__latest as " + re.sub(r"{{ ref\('(\w+)'\) }}", r"predictions.\1", sql)
    )
    place.sql("create schema marts")
    place.sql(
        "create table marts.dim_customers as select f.customer_id, s.customer_id is not null as is_scored, "
        "s.as_of_date as scored_as_of_date, s.churn_probability from features.feat_customer__all as f "
        "left join predictions.pred_churn__latest as s using (customer_id) "
        f"where f.as_of_date = '{shop.WATERMARK}'"
    )
    place.sql(
        "create table marts.audience_churn_watchlist as select 6 - n as watch_rank, 'carla-' || n as customer_id, "
        "'carla@example.com' as email, n / 10 as churn_probability, "
        "(n * 1000.5)::decimal(18, 2) as revenue_at_stake_amount, "
        "case when n > 3 then 'no order for 74 days' end as reason_1 from range(1, 6) as r(n)"
    )


def test_status_shows_the_watchlist_once_the_marts_hold_the_scores(scored):
    with_marts(scored)
    said = scored.run("status").stdout
    for line in (
        "look         marts.audience_churn_watchlist: 5 customers; the first of them",
        "carla-5: probability 0.50, 5,002.50 at stake; no order for 74 days",
        "carla-3: probability 0.30, 3,001.50 at stake; no reason stands out",
        "next         nothing: score again after the next refresh",
    ):
        assert line in said
    assert "carla-2" not in said
    assert "@" not in scored.run("status", "--json").stdout


@pytest.mark.parametrize(
    "change",
    [
        "update predictions.pred_churn set churn_probability = 0.123",
        "update marts.dim_customers set scored_as_of_date = scored_as_of_date - 1",
        "update marts.dim_customers set is_scored = false, scored_as_of_date = null, churn_probability = null",
    ],
)
def test_status_says_when_the_marts_are_behind_the_scores(scored, change):
    with_marts(scored)
    scored.sql(change)
    found = status()
    assert (found["look"], found["next"]) == (None, "dbt build --selector after_scoring")


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
