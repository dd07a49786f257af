"""What scoring writes: who is where, who is unusual, and twice is once."""

import json
from datetime import datetime

import groups
import numpy as np
from clm_ml.models.segments import rfm, unusual
from clm_ml.models.segments.buyers import SPACE
from clm_ml.segment import score

ROWS = "select * from predictions.pred_segment order by all"


def test_everyone_who_has_bought_has_one_segment_at_the_newest_date_and_the_two_before(shop):
    counted = shop.sql("select as_of_date::varchar, count(*) from predictions.pred_segment group by 1 order by 1")
    assert counted == [("2025-04-30", 483), ("2025-05-31", 483), ("2025-06-30", 483)]


def test_scoring_again_changes_nothing_and_an_earlier_date_is_added(shop):
    before = shop.sql(ROWS)
    assert json.loads(shop.run("score", "segment", "--json").stdout)["is_unchanged"]
    assert shop.sql(ROWS) == before
    done = json.loads(shop.run("score", "segment", "--as-of", "2025-01-31", "--json").stdout)
    assert (done["written"], done["as_of_dates"]) == (483, ["2025-01-31"])
    shop.run("score", "segment", "--as-of", "2031-01-01", code=3)


def test_the_newest_date_with_a_known_outcome_is_scored_too(shop):
    shop.sql("create schema labels")
    shop.sql("create table labels.label_churn as select date '2025-01-31' as as_of_date, 1 as is_churned")
    assert json.loads(shop.run("score", "segment", "--json").stdout)["as_of_dates"] == ["2025-01-31", "2025-06-30"]


def test_one_changed_row_is_the_only_one_written(shop):
    shop.sql("update predictions.pred_segment set segment_name = 'x' where customer_id = 'best-007'")
    done = json.loads(shop.run("score", "segment", "--json").stdout)
    assert (done["written"], done["removed"]) == (1, 1)


def test_the_unusual_few_are_found_also_among_customers_nobody_had_seen(shop):
    flagged = "select customer_id from predictions.pred_segment where is_unusual and as_of_date = '2025-06-30'"
    assert sorted(shop.sql(flagged)) == [(name,) for name in sorted(groups.ODD)]
    shop.sql(
        "insert into features.feat_customer__all by name select 'zoe' as customer_id, "
        "date '2025-06-30' as as_of_date, "
        "364 as recency_days, 60 as frequency_count, 70000 as monetary_amount, 364 as tenure_days, "
        "0 as active_days_90d"
    )
    shop.run("score", "segment")
    assert ("zoe",) in shop.sql(flagged)


def test_who_has_not_bought_for_a_year_is_not_measured(shop):
    query = "select distinct segment_id, segment_confidence, is_unusual from predictions.pred_segment "
    assert shop.sql(query + "where customer_id like 'lapsed-%'") == [(0, None, None)]
    low, high = shop.sql("select min(segment_confidence), max(segment_confidence) from predictions.pred_segment")[0]
    assert 0 <= low < high <= 1


def test_many_customers_cost_no_more_memory_than_the_sample(monkeypatch):
    monkeypatch.setattr(unusual, "MOST_ROWS", 500)
    rng = np.random.default_rng(2)
    crowd = np.vstack([rng.normal(size=(3000, 5)), [[9.0] * 5]])
    found = unusual.learn(crowd, seed=0)
    assert len(found.typical) <= 500
    flags = found.flags(crowd)
    assert flags[-1]
    assert flags.mean() <= 2 * unusual.MOST_SHARE


def test_equal_customers_are_not_unusual():
    crowd = np.repeat(np.eye(5), 60, axis=0)
    assert not unusual.learn(crowd, seed=0).flags(crowd).any()


def test_the_rule_in_sql_is_the_rule_in_numbers(shop):
    day = groups.DATES[-1]
    found = shop.sql(f"select customer_id, segment_name from ({score.rule_query('v1', day, datetime(2025, 7, 1))})")
    rows = shop.sql(
        f"select customer_id, {', '.join(SPACE)} from features.feat_customer__all where as_of_date = date '{day}'"
    )
    features = np.array([[float(value) for value in row[1:]] for row in rows])
    codes = dict(shop.sql("select rfm_code, rfm_segment from reference.rfm_segments"))
    groups_found = rfm.RfmRule.of(features, SPACE, codes).segments(features)
    expected = {row[0]: rfm.SEGMENTS[group] for row, group in zip(rows, groups_found, strict=True)}
    assert dict(found) == expected
    assert len(set(expected.values())) > 3


def test_nothing_trained_is_refused_with_what_to_type(fresh):
    place = fresh(groups.snapshots())
    assert "run `clm-ml train segment` first" in place.run("score", "segment", code=3).stderr
