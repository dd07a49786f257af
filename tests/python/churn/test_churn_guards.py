"""What training refuses: exit 3, and the culprit is named."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import shop
from clm_ml.models import guards
from clm_ml.models.guards import usable_features


def refused(place, *words):
    result = place.run("train", "churn", *words)
    assert result.exit_code == 3, result.output
    assert "remedy:" in result.stderr
    assert place.sql("select count(*) from predictions.ml_training_runs") == [(0,)]
    return result.stderr


def outcome(frame):
    """The truth, also where it is not known yet: what a leaking feature would hold."""
    return frame.is_churned.fillna(0).astype(float)


def test_a_leak_is_named(fresh):
    said = refused(fresh(lambda f: f.assign(orders_next_90d=3 * (1 - outcome(f)))))
    assert "feature orders_next_90d is refused" in said
    assert "leak" in said


def test_a_leak_in_being_unknown_is_named(fresh):
    said = refused(fresh(lambda f: f.assign(days_to_next_order=np.where(outcome(f) == 1, np.nan, 5.0))))
    assert "feature days_to_next_order is refused" in said


def test_a_noisy_outcome_that_stops_where_it_is_unknown_is_named_and_may_be_trusted(fresh):
    def leak(frame):
        flip = np.random.default_rng(0).random(len(frame)) < 0.28
        noisy = np.where(flip, 1 - outcome(frame), outcome(frame))
        return frame.assign(mood_count=np.where(frame.is_churned.isna(), np.nan, noisy))

    place = fresh(leak)
    assert "feature mood_count is refused: it saw the future" in refused(place)
    assert place.run("train", "churn", "--trust", "mood_count").exit_code == 0


def test_a_feature_far_above_the_best_rule_is_named(fresh):
    def leak(frame):
        flip = np.random.default_rng(0).random(len(frame)) < 0.05
        value = np.where(flip, 1 - outcome(frame), outcome(frame)) + 0.0
        return frame.assign(
            mood_count=value, recency_days=frame.recency_days % 7, gap_ratio=1.0, typical_gap_days=9.0
        )

    assert "feature mood_count is refused: alone it reaches AUC 0.9" in refused(fresh(leak))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("loyalty_card_id", lambda f: f.recency_days),
        ("favourite_colour", lambda f: "blue"),
        ("card_number", lambda f: f.customer_id.str[5:].astype(int) * 2 + 1),
        ("shelf_number", lambda f: pd.factorize(f.customer_id, sort=True)[0]),
        ("secret_number", lambda f: f.customer_id.map(lambda c: hash_of(c))),
    ],
)
def test_an_identifier_is_named(fresh, name, values):
    said = refused(fresh(lambda f: f.assign(**{name: values(f)})))
    assert f"feature {name} is refused" in said
    assert "identifier" in said


def hash_of(customer):
    return (int(customer[5:]) * 48271) % 2147483647


def test_a_date_after_the_as_of_date_is_named(fresh):
    said = refused(fresh(lambda f: f.assign(next_visit_date=pd.to_datetime(f.as_of_date) + timedelta(days=3))))
    assert "feature next_visit_date is refused: it saw the future" in said


def test_a_date_before_the_as_of_date_is_no_feature_but_no_offence():
    assert usable_features({"first_order_date": "DATE", "recency_days": "BIGINT"}) == ("recency_days",)


def test_a_snapshot_after_the_watermark_is_refused(fresh):
    place = fresh()
    place.sql("update intermediate.int_watermark set watermark_date = watermark_date - 1")
    assert "later than the watermark" in refused(place)


def test_an_outcome_before_it_matured_is_refused(fresh):
    place = fresh()
    newest = f"as_of_date > '{shop.WATERMARK}'::date - 90"
    place.sql(f"update labels.label_churn set is_churned = 1 where is_eligible and {newest}")
    assert "have not matured" in refused(place)


def test_a_key_twice_is_refused(fresh):
    place = fresh(lambda f: pd.concat([f, f.head(1)]))
    assert "features.feat_customer__all has 1 customers and as-of dates more than once" in refused(place)


def test_few_customers_are_refused(fresh):
    assert f"training needs {guards.MIN_CUSTOMERS}" in refused(fresh(lambda f: f[f.customer_id < "anna-15000"]))


def test_few_of_one_class_are_refused(fresh):
    assert "0 retained customers" in refused(
        fresh(lambda f: f.assign(is_churned=f.is_churned.where(f.is_churned.isna(), 1)))
    )


def test_without_labels_it_says_what_is_missing(fresh):
    assert "no label has matured yet" in refused(fresh(lambda f: f.assign(is_churned=None)))


def test_what_merely_grows_did_not_see_the_future(frame):
    grows = pd.Series(range(400), dtype=float)
    assert guards.shift(grows.to_numpy(), grows.to_numpy()) == 0
    assert guards.shift(grows.to_numpy(), grows.to_numpy() + 200) == pytest.approx(0.5, abs=0.01)


def test_unknown_tasks_and_folds_are_wrong_usage(fresh):
    place = fresh()
    assert place.run("train", "value").exit_code == 2
    assert place.run("train", "churn", "--folds", "2").exit_code == 2
