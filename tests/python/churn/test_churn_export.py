"""The champion as SQL gives the probabilities that Python gives, on every row of the warehouse."""

from __future__ import annotations

import shutil

import duckdb
import numpy as np
import pytest
import shop
from clm_ml.churn.score import load
from clm_ml.models import register
from clm_ml.models.as_sql import as_sql, number, sum_of
from clm_ml.models.calibration import Platt, sigmoid
from clm_ml.models.candidates import candidates_for
from clm_ml.models.contributions import contributions
from clm_ml.models.ensemble import Ensemble
from clm_ml.models.logistic import fit
from clm_ml.models.reasons import topics_of
from clm_ml.models.rules import RuleScorer
from clm_ml.models.snapshots import FEATURES, _rows
from clm_ml.warehouse import connect
from places import point_at

ODD = (0.0, 1e-12, 3.0, -7.5, 1e300, -1e-300, None, float("nan"), float("inf"), float("-inf"))


@pytest.fixture(scope="module")
def logistic_shop(trained, tmp_path_factory):
    """The trained shop again, where the only model among the candidates is the logistic regression."""
    folder = tmp_path_factory.mktemp("logistic") / "copy"
    shutil.copytree(trained, folder)
    with pytest.MonkeyPatch.context() as patch:
        place = point_at(patch, folder)
        only = lambda names, *_: [c for c in candidates_for(names) if c.is_rule or c.name == "logistic_regression"]  # noqa: E731
        patch.setattr("clm_ml.churn.train.candidates_for", only)
        for command in ("train", "score"):
            assert place.run(command, "churn").exit_code == 0
    return folder


@pytest.fixture
def additive(logistic_shop, monkeypatch):
    """A warehouse whose champion is additive; read it only."""
    return point_at(monkeypatch, logistic_shop)


def test_every_row_of_the_warehouse_gets_the_probability_of_python(additive):
    done = additive.run("export", "churn", "--plain")
    assert done.exit_code == 0, done.output
    with connect(read_only=True) as con:
        run = register.require_champion(con, "churn")
        assert run["algorithm"] == "logistic_regression"
        ensemble, _ = load(run)
        rows = _rows(con, f"{'.'.join(FEATURES)} as f", "true", ensemble.names, "null")
    found = additive.sql(
        f"select as_of_date, customer_id, churn_probability, churn_log_odds from ({done.stdout}) order by 1, 2"
    )
    assert len(found) == len(rows) > 5000
    assert [row[1] for row in found] == list(rows.customer)
    assert np.abs(np.array([row[2] for row in found]) - ensemble.probability(rows.features)).max() < 1e-9
    assert np.abs(np.array([row[3] for row in found]) - ensemble.logit(rows.features)).max() < 1e-9


def test_it_is_what_was_scored_topic_by_topic(additive):
    sql = additive.run("export", "churn", "--plain").stdout
    topic = (
        "max(abs(order_rhythm_contribution - reason_1_contribution)) filter (where reason_1_topic = 'order rhythm')"
    )
    told = additive.sql(
        f"select count(*), max(abs(s.churn_log_odds - p.churn_log_odds)), "
        f"max(abs(s.baseline_log_odds - p.baseline_log_odds)), {topic} from ({sql}) as s "
        "join predictions.pred_churn as p using (customer_id, as_of_date, model_version)"
    )[0]
    champion = "(select model_version from predictions.ml_training_runs where is_champion)"
    written = f"select count(*) from predictions.pred_churn where model_version = {champion}"
    assert told[0] == additive.sql(written)[0][0] > 200
    assert max(told[1:]) < 1e-9


def test_it_can_be_made_a_table_whose_columns_are_the_keys_the_score_and_the_topics(additive):
    sql = additive.run("export", "churn", "--plain").stdout
    names = [row[0] for row in additive.sql(f"describe {sql}")]
    head = ["customer_id", "as_of_date", "model_version", "churn_probability", "churn_log_odds", "baseline_log_odds"]
    assert names[:7] == [*head, "season_contribution"]
    assert all(name.endswith("_contribution") for name in names[7:])
    assert len(set(names)) == len(names) > 12


def test_it_reads_dbt_s_model_unless_plain(additive):
    assert "from {{ ref('feat_customer__all') }}" in additive.run("export", "churn").stdout
    assert additive.run("export", "weather").exit_code == 2


def test_a_champion_that_is_no_sum_is_refused_with_what_to_do(scored, monkeypatch):
    trees = Ensemble("gradient_boosting", ("recency_days",), (object(),), Platt(0, 1, (0, 0, 0)), (0,))
    monkeypatch.setattr("clm_ml.churn.export.load", lambda run: (trees, np.zeros((4, 1))))
    result = scored.run("export", "churn")
    assert result.exit_code == 3
    assert "has no SQL form: only the logistic regression and the rules have one" in result.stderr
    assert "clm-ml score" in result.stderr


def odd_shop(names: tuple[str, ...]) -> np.ndarray:
    rng = np.random.default_rng(2)
    features = rng.choice(np.array(ODD, dtype=float), (300, len(names)))
    return np.where(rng.random(features.shape) < 0.5, rng.gamma(1, 30, features.shape), features)


@pytest.mark.parametrize("kind", ["logistic_regression", "base_rate", "recency", "recency_by_own_gap"])
def test_odd_values_and_the_season_are_as_in_python(kind):
    names = ("recency_days", "typical_gap_days", "is_unsubscribed", "moon_phase")
    raw = odd_shop(names)
    clean = np.where(np.isinf(raw), np.nan, raw)
    label = (np.nan_to_num(clean[:, 0]) > 20).astype(float)
    members = (
        tuple(fit(clean[i::2], label[i::2], names, 0) for i in (0, 1))
        if kind == "logistic_regression"
        else (RuleScorer(kind, names),) * 2
    )
    model = Ensemble(kind, names, members, Platt(-0.3, 1.2, (0, 0, 0)), (0, 1))
    parts = sum_of(model, clean[:4])
    sql = as_sql(parts, "people", "v1", (shop.WATERMARK, 0.25))
    columns = ", ".join(f"{name} double" for name in names)
    with duckdb.connect() as con:
        con.execute(f"create table people (customer_id integer, as_of_date date, {columns})")
        for i, row in enumerate(raw.tolist()):
            day = shop.WATERMARK if i % 2 else "2025-01-31"
            values = [None if i % 3 and np.isnan(v) else v for v in row]
            con.execute("insert into people values (?, ?, ?, ?, ?, ?)", [i, day, *values])
        told = con.execute(f"select * from ({sql}) order by customer_id").fetchnumpy()
    season = np.where(np.arange(300) % 2 == 1, 0.25, 0.0)
    assert np.abs(told["churn_probability"] - sigmoid(model.logit(clean) + season)).max() < 1e-9
    found = contributions(model, clean, clean[:4], topics_of(names)[1])
    assert np.abs(told["baseline_log_odds"] - found.baseline).max() < 1e-9
    if kind != "base_rate":
        assert np.abs(told["order_rhythm_contribution"] - found.parts[:, :2].sum(axis=1)).max() < 1e-9


def test_numbers_keep_every_digit():
    values = [0.1, -1 / 3, 1e-300, 2**53 + 1.0, float(np.finfo(float).max)]
    with duckdb.connect() as con:
        told = con.execute("select " + ", ".join(map(number, values))).fetchone()
    assert list(told) == values
