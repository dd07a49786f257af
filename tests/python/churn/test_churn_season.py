"""The level of the season: taken from a year ago where there is one, and from nothing that was not known."""

import json
from dataclasses import replace

import numpy as np
import pytest
import seasons
import shop
from clm_ml.churn import score, train
from clm_ml.models import register
from clm_ml.models.candidates import candidates_for
from clm_ml.models.snapshots import CHURN
from clm_ml.tasks import Training
from clm_ml.warehouse import connect
from places import Shop, point_at

FAST = ("recency", "logistic_regression")


def few(names, *_):
    return [candidate for candidate in candidates_for(names) if candidate.name in FAST]


@pytest.fixture(scope="module")
def february():
    return seasons.snapshots(strength=0.8)


@pytest.fixture(scope="module")
def seasonal(february, tmp_path_factory) -> Shop:
    """A shop with a season, trained and scored."""
    folder = tmp_path_factory.mktemp("seasonal")
    shop.warehouse(folder / "clm.duckdb", february.drop(columns="truth"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "candidates_for", few)
        assert point_at(patch, folder).run("train", "churn").exit_code == 0
    return Shop(folder)


@pytest.fixture
def here(seasonal, monkeypatch) -> Shop:
    monkeypatch.setattr(train, "candidates_for", few)
    return point_at(monkeypatch, seasonal.path.parent)


def figure(place, metric, candidate="logistic_regression", split="test"):
    return place.sql(
        f"select metric_value from predictions.ml_metrics where candidate = '{candidate}' "
        f"and metric = '{metric}' and split = '{split}'"
    )[0][0]


def test_the_level_of_a_season_is_repaired_for_model_and_rule(here):
    moved_by, verdict = here.sql("select seasonal_shift, verdict from predictions.ml_training_runs")[0]
    assert moved_by > 0.5
    assert f"level moved by +{moved_by:.2f} as a year ago (2024-01-07 → 2024-04-06)" in verdict
    for candidate in FAST:
        assert abs(figure(here, "calibration_intercept", candidate)) < 0.15
    assert figure(here, "ece") <= 0.03


def test_scoring_moves_to_the_season_of_its_own_date(here, february):
    result = json.loads(here.run("score", "churn", "--json").stdout)
    assert "as a year ago (2024-04-06 → 2024-07-05)" in result["level"]
    today = february[(february.as_of_date == shop.WATERMARK) & february.is_eligible]
    predicted = here.sql("select avg(churn_probability) from predictions.pred_churn")[0][0]
    assert predicted == pytest.approx(today.truth.mean(), abs=0.03)
    with connect(read_only=True) as con:
        ensemble, _ = score.load(register.require_champion(con, CHURN.name))
    assert abs(ensemble.probability(today[list(ensemble.names)].to_numpy(float)).mean() - predicted) > 0.05


def test_without_a_season_nothing_is_moved(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "candidates_for", few)
    shop.warehouse(tmp_path / "clm.duckdb", seasons.snapshots(strength=0.0).drop(columns="truth"))
    place = point_at(monkeypatch, tmp_path)
    assert place.run("train", "churn").exit_code == 0
    moved_by, verdict = place.sql("select seasonal_shift, verdict from predictions.ml_training_runs")[0]
    assert moved_by == 0
    assert "level not moved: what a year ago says" in verdict
    assert figure(place, "ece") <= 0.03


def test_a_short_history_says_that_there_is_no_year_ago(scored):
    moved_by, verdict = scored.sql("select seasonal_shift, verdict from predictions.ml_training_runs")[0]
    assert (moved_by, verdict.split("; ")[-1]) == (None, "level not moved: no date a year ago")
    assert "no date a year ago" in scored.run("score", "churn", "--as-of", "2024-06-05").stderr


def test_the_test_date_is_predicted_without_any_outcome_that_matured_later(here):
    with connect(read_only=True) as con:
        plan = train.make_plan(con, Training())
    plan = replace(plan, rows=plan.rows.take(plan.rows.customer.astype(str) < "ben-25"))
    later = plan.rows.day + np.timedelta64(plan.horizon_days, "D") > np.datetime64(plan.slices.test)
    year_ago = plan.rows.on((plan.year_ago.predicted,))
    known, unknown = (scrambled_test_read(plan, which) for which in (year_ago, later))
    as_it_is = scrambled_test_read(plan, np.zeros(len(plan.rows), bool))
    assert np.array_equal(unknown, as_it_is)
    assert not np.allclose(known, as_it_is)


def scrambled_test_read(plan, which):
    label = plan.rows.label.copy()
    label[which] = np.random.default_rng(0).permutation(1 - label[which])
    contest = train.compete(replace(plan, rows=replace(plan.rows, label=label)))
    return contest.reads["logistic_regression"]["test"].probability


def test_scoring_an_earlier_date_uses_no_outcome_that_matured_later(here):
    day = here.sql("select distinct as_of_date from labels.label_churn order by 1 desc limit 1 offset 2")[0][0]
    with connect() as con:
        run = register.require_champion(con, CHURN.name)
        ensemble, _ = score.load(run)
        first = score.level_on(con, run, ensemble, day)
        con.execute("begin transaction")
        con.execute(
            "update labels.label_churn set is_churned = 1 - is_churned "
            "where is_churned is not null and as_of_date + horizon_days::integer > ?",
            [day],
        )
        assert score.level_on(con, run, ensemble, day) == first
        con.execute("update labels.label_churn set is_churned = 1 - is_churned where is_churned is not null")
        assert score.level_on(con, run, ensemble, day) != first
        con.execute("rollback")


def test_a_register_of_an_earlier_version_is_refused_with_what_to_type(scored):
    scored.sql("alter table predictions.ml_training_runs drop column seasonal_shift")
    result = scored.run("train", "churn")
    assert result.exit_code == 3
    assert "dbt build --select predictions" in result.stderr
