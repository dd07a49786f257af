"""What training finds, what it keeps from run to run, and when it keeps the RFM segments."""

import json

import groups
import pytest

VOLATILE = "exclude (trained_at, is_champion)"


def run_of(place, columns="*"):
    return place.sql(f"select {columns} from predictions.ml_training_runs where is_champion")[0]


def test_the_kinds_there_are_become_segments_with_names_one_reads(shop):
    found = shop.sql("select customer_id, segment_name from predictions.pred_segment where as_of_date = '2025-06-30'")
    wrong = [
        (who, name) for who, name in found if who not in groups.ODD and groups.TRUTH[groups.kind_of(who)] != name
    ]
    assert wrong == []
    assert len(found) == 483
    assert set(shop.names().values()) == set(groups.TRUTH.values())


def test_ids_follow_value(shop):
    assert list(dict(sorted(shop.names().items())).values()) == [
        groups.TRUTH[kind] for kind in ("lapsed", "best", "steady", "new", "asleep")
    ]


def test_every_number_and_the_rule_are_read(shop):
    counted = shop.sql(
        "select candidate, count(*), sum(is_chosen::int) from predictions.ml_metrics group by 1 order by 1"
    )
    numbers = [(f"k_means_{n}", 6, 6 if n == 4 else 0) for n in range(2, 7)]
    assert counted == [*numbers, ("rfm_segments", 5, 0)]
    low = shop.sql("select value_low from predictions.ml_metrics where metric = 'adjusted_rand' and is_chosen")[0][0]
    assert low > 0.9
    assert "against the RFM segments" in run_of(shop, "verdict")[0]


def test_the_same_data_and_seed_give_the_same_rows_and_file(shop, fresh):
    other = fresh(groups.snapshots().sample(frac=1, random_state=5))
    other.run("train", "segment", "--as-of", "2025-05-31")
    for table, columns in {"ml_training_runs": VOLATILE, "ml_metrics": "", "ml_segments": ""}.items():
        query = f"select * {columns} from predictions.{table} order by all"
        assert shop.sql(query) == other.sql(query), table
    assert shop.files() == other.files()


def test_training_again_changes_nothing_and_says_so(shop):
    before = shop.sql("select * from predictions.ml_training_runs")
    assert "nothing changed" in shop.run("train", "segment", "--as-of", "2025-05-31").stderr
    assert shop.sql("select * from predictions.ml_training_runs") == before


def test_the_next_month_and_another_seed_keep_ids_and_names(shop):
    names = shop.names()
    for words in ([], ["--seed", "5"]):
        result = shop.run("train", "segment", *words)
        assert shop.names() == names
        assert "4 of 4 keep the name they had in segment-2025-0" in result.stderr
    overlap = "select min(overlap_before) from predictions.ml_segments join predictions.ml_training_runs "
    assert shop.sql(f"{overlap} using (model_version) where is_champion")[0][0] > 0.95
    assert run_of(shop, "seed") == (5,)


def test_a_kind_that_comes_gets_an_id_and_a_name_of_its_own(shop):
    names = shop.names()
    shop.sql(
        "update features.feat_customer__all set recency_days = 150 + recency_days, "
        "monetary_amount = 9 * monetary_amount, active_days_90d = 0 "
        "where as_of_date = '2025-06-30' and customer_id like 'steady-1%'"
    )
    result = shop.run("train", "segment")
    assert "4 of 5 keep the name" in result.stderr
    assert {i: name for i, name in shop.names().items() if i in names} == names
    assert set(shop.names()) - set(names) == {5}
    assert shop.names()[5] == "Top value, regular, gone quiet"


def test_without_kinds_the_rfm_segments_are_kept_and_the_verdict_says_why(fresh):
    place = fresh(groups.noise())
    place.run("train", "segment")
    algorithm, name, verdict = run_of(place, "algorithm, model_file, verdict")
    assert (algorithm, name) == ("rfm_segments", None)
    assert "no stable structure" in verdict
    assert "the RFM segments are kept" in verdict
    place.run("score", "segment")
    assert place.run("score", "segment", "--json")
    assert set(place.names().values()) >= {
        n for (n,) in place.sql("select segment_name from predictions.pred_segment")
    }


def test_fewer_than_200_customers_are_refused_with_the_reason(fresh):
    frame = groups.snapshots()
    few = frame[frame.customer_id.str.startswith(("best", "new", "lapsed"))]
    place = fresh(few)
    result = place.run("train", "segment", code=3)
    said = "150 customers bought in the year to 2025-06-30; segments need 200"
    assert said in result.stderr
    assert place.sql("select gate, is_passed, reason from predictions.ml_gates") == [("training", False, said)]
    assert "fct_customer_rfm" in result.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "insert into features.feat_customer__all select * from features.feat_customer__all limit 1",
            "more than once",
        ),
        ("update intermediate.int_watermark set watermark_date = date '2025-06-01'", "saw the future"),
        ("alter table features.feat_customer__all drop column tenure_days", "has no tenure_days"),
        ("drop table predictions.ml_segments", "dbt build"),
    ],
)
def test_what_cannot_be_trusted_is_refused(shop, change, words):
    shop.sql(change)
    assert words in shop.run("train", "segment", code=3).stderr


def test_a_date_without_snapshot_is_refused(shop):
    assert (
        "there is no snapshot of 2031-01-01" in shop.run("train", "segment", "--as-of", "2031-01-01", code=3).stderr
    )


def test_a_lost_or_changed_file_is_refused_and_written_again_the_same(shop):
    shop.run("train", "segment")
    whole, names = shop.files(), shop.names()
    version = run_of(shop, "model_version")[0]
    path = shop.path.parent / "clm_models" / f"{version}.skops"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert "is not the one that was registered" in shop.run("score", "segment", code=3).stderr
    shop.run("train", "segment")
    assert (shop.files(), shop.names()) == (whole, names)


def test_without_the_file_of_the_run_before_ids_are_not_given_twice(shop):
    for path in (shop.path.parent / "clm_models").iterdir():
        path.unlink()
    result = shop.run("train", "segment")
    assert "the segments are named anew" in result.stderr
    assert sorted(shop.names()) == [0, 5, 6, 7, 8]
    assert json.loads(run_of(shop, "parameters")[0])["next_segment_id"] == 9


def test_what_evaluate_shows(shop):
    text = shop.run("evaluate", "segment").stdout
    for words in ("k_means_4 *", "rfm_segments", "Top value, frequent, recent", "verdict: 4 segments"):
        assert words in text
    found = json.loads(shop.run("evaluate", "segment", "--json").stdout)
    assert len(found["segments"]) == 5
    shop.run("evaluate", "segment", "--version", "segment-none", code=2)
