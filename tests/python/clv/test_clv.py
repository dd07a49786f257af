"""clm-ml train, score and evaluate clv: what they write, what they refuse, and that the figures are the true ones."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import value_shop
from clm_ml.models.btyd.bg_nbd import BgNbd
from clm_ml.models.btyd.cells import Cells
from clm_ml.models.btyd.model import fit
from clm_ml.models.value_metrics import point

NEWEST = value_shop.WATERMARK
METRICS = "select * from predictions.ml_metrics order by all"
PREDICTED = "select * exclude (scored_at) from predictions.pred_clv order by all"


def test_everybody_who_has_ordered_is_predicted(place, value_frame):
    rows = place.sql("select customer_id, as_of_date from predictions.pred_clv order by 1")
    here = value_frame[value_frame.as_of_date == NEWEST]
    assert rows == [(name, NEWEST) for name in sorted(here.customer_id)]


def test_again_nothing_changes(place):
    files = sorted((place.path.parent / "clm_models").iterdir())
    before = place.sql(PREDICTED), place.sql(METRICS), [f.read_bytes() for f in files]
    assert json.loads(place.run("train", "clv", "--json").stdout)["is_new"] is False
    for file in files:
        file.unlink()
    assert json.loads(place.run("train", "clv", "--json").stdout)["is_new"] is True  # the lost file is written again
    assert json.loads(place.run("score", "clv", "--json").stdout)["is_unchanged"] is True
    assert (place.sql(PREDICTED), place.sql(METRICS), [f.read_bytes() for f in files]) == before


def test_the_order_model_is_that_of_the_library(place, value_frame):
    test = place.sql("select test_date from predictions.ml_training_runs")[0][0]
    here = value_frame[value_frame.as_of_date == test]
    cells = Cells.of(
        (here.purchase_day_count - 1).to_numpy(float),
        (here.tenure_days - here.recency_days).to_numpy(float),
        here.tenure_days.to_numpy(float),
    )
    own = fit(BgNbd, cells).maximum.params
    told = dict(
        place.sql(
            "select parameter, parameter_value from predictions.ml_parameters "
            f"where candidate = 'bg_nbd' and as_of_date = date '{test}'"
        )
    )
    assert {name: round(value, 10) for name, value in own.items()} == {name: told[name] for name in own}


def test_rules_are_what_their_names_say(place, value_frame):
    test = place.sql("select test_date from predictions.ml_training_runs")[0][0]
    here = value_frame[value_frame.as_of_date == test].sort_values("customer_id")
    rate = here.margin_amount / here.tenure_days.clip(lower=1) * 90
    rules = {
        "same_as_last_90_days": here.margin_90d_amount,
        "past_rate": rate,
        "recency_hiatus": rate.where(here.recency_days <= 90, 0),
    }
    for rule, predicted in rules.items():
        own = point(here.future_margin_amount.to_numpy(float), predicted.to_numpy(float))
        told = dict(
            place.sql(
                "select metric, metric_value from predictions.ml_metrics "
                f"where candidate = '{rule}' and split = 'test'"
            )
        )
        assert {metric: round(value, 10) for metric, value in own.items()} == told


def test_the_deciles_hold_every_customer_and_all_the_margin(place, value_frame):
    test = place.sql("select test_date from predictions.ml_training_runs")[0][0]
    here = value_frame[value_frame.as_of_date == test]
    found = place.sql(
        "select candidate, sum(customer_count), sum(customer_count * mean_actual_margin), sum(share_of_actual) "
        "from predictions.ml_value_deciles where split = 'test' group by 1"
    )
    assert len(found) == 9
    for _, customers, margin, share in found:
        assert customers == len(here)
        assert abs(margin - here.future_margin_amount.sum()) < 1e-6
        assert abs(share - 1) < 1e-9


def test_a_years_value_is_discounted_and_longer_than_the_horizon(place):
    rows = place.sql("select expected_margin_amount, clv_margin_365d_amount from predictions.pred_clv")
    horizon, year = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    assert (year <= 365 / 90 * horizon + 0.02).all()  # nobody orders more often later, and money later is worth less
    assert year.sum() > 1.5 * horizon.sum()


def test_dates_of_the_next_order_are_in_order_and_later_than_the_as_of_date(place):
    rows = place.sql("select next_order_low_date, next_order_date, next_order_high_date from predictions.pred_clv")
    assert sum(date is not None for _, date, _ in rows) > 50
    for dates in rows:
        known = [date for date in dates if date is not None]
        assert known == sorted(known)
        assert all(date > NEWEST for date in known)
        assert list(dates) == [*known, *[None] * (3 - len(known))]  # who may never come has no later date


def test_the_model_has_seen_nothing_of_the_test_dates_future(fresh_value):
    """The outcomes of the test date and later are scrambled: what was predicted for it is the same."""

    def predicted(place) -> list[tuple]:
        assert place.run("train", "clv").exit_code == 0
        return place.sql(
            "select candidate, decile, customer_count, mean_predicted_margin from predictions.ml_value_deciles "
            "where split = 'test' order by all"
        )

    place = fresh_value()
    honest = predicted(place)
    place.path.unlink()

    def scrambled(frame: pd.DataFrame) -> pd.DataFrame:
        test = NEWEST - timedelta(days=120)
        late = (frame.as_of_date >= test) & frame.future_margin_amount.notna()
        frame.loc[late, "future_margin_amount"] = frame.loc[late, "future_margin_amount"].to_numpy()[::-1]
        return frame

    assert predicted(fresh_value(scrambled)) == honest


def test_a_leak_is_refused_by_name(fresh_value):
    def leaking(frame: pd.DataFrame) -> pd.DataFrame:
        frame["lucky_number"] = frame.future_margin_amount.fillna(0) + 1
        return frame

    result = fresh_value(leaking).run("train", "clv")
    assert result.exit_code == 3
    assert "lucky_number" in result.stderr


def test_too_few_customers_are_refused_with_the_reason(fresh_value):
    few = fresh_value(lambda frame: frame[frame.customer_id.isin(sorted(set(frame.customer_id))[:150])])
    result = few.run("train", "clv")
    assert result.exit_code == 3
    assert "training needs 200" in result.stderr
    assert few.sql("select gate, found_count, reason from predictions.ml_gates where gate = 'customers'") == [
        ("customers", 144, "144 eligible customers with a known outcome; 200 needed")
    ]
    assert few.run("score", "clv").exit_code == 3


def test_random_values_keep_the_rule(fresh_value):
    def random(frame: pd.DataFrame) -> pd.DataFrame:
        known = frame.future_margin_amount.notna()
        values = frame.loc[known, "future_margin_amount"].to_numpy()
        frame.loc[known, "future_margin_amount"] = np.random.default_rng(5).permutation(values)
        return frame

    found = json.loads(fresh_value(random).run("train", "clv", "--json").stdout)
    assert "the rule is kept" in found["verdict"]
    assert found["algorithm"] in ("same_as_last_90_days", "past_rate", "recency_hiatus", "spend_if_alive")


def test_a_kept_rule_scores_too(fresh_value):
    place = fresh_value(lambda frame: frame.assign(future_margin_amount=frame.future_margin_amount * 0 + 1.0))
    result = place.run("train", "clv")
    assert result.exit_code == 3  # everybody brings the same: nothing to tell apart
    assert "without value" in result.stderr


def test_evaluate_shows_rules_models_deciles_and_what_is_not_identified(place):
    text = place.run("evaluate", "clv").stdout
    for word in ("normalised_gini", "recency_hiatus", "two_part_random_forest", "decile", "gamma_gamma", "verdict:"):
        assert word in text
    assert json.loads(place.run("evaluate", "clv", "--json").stdout)["deciles"]


def test_dropout_that_is_not_identified_is_not_published(fresh_value):
    """Nobody ever leaves here, so nobody can be told to have left."""

    def faithful(frame: pd.DataFrame) -> pd.DataFrame:
        rng = np.random.default_rng(8)
        pace = dict(zip(sorted(set(frame.customer_id)), rng.gamma(2.0, 1 / 60.0, 10**4), strict=False))
        orders = rng.poisson([pace[c] * t for c, t in zip(frame.customer_id, frame.tenure_days, strict=True)])
        last = np.where(orders == 0, frame.tenure_days, (frame.tenure_days / (orders + 1)).round())
        frame["purchase_day_count"], frame["recency_days"] = orders + 1, np.minimum(last, frame.tenure_days)
        frame.loc[frame.recency_days == frame.tenure_days, "purchase_day_count"] = 1
        return frame

    place = fresh_value(faithful)
    assert place.run("train", "clv").exit_code == 0
    assert place.run("score", "clv").exit_code == 0
    assert "dropout is not identified" in place.sql("select verdict from predictions.ml_training_runs")[0][0]
    assert place.sql("select count(alive_probability), count(*) > 400 from predictions.pred_clv") == [(0, True)]
