"""Builds: on nothing, on next to nothing, with any number of threads, in any order of rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from throwaway import Throwaway, raw_contract

pytestmark = pytest.mark.slow
READ_BY_PEOPLE = ("features", "labels", "marts", "quality")
NEEDED = ["order_id", "customer_id", "ordered_at", "gross_amount"]


def test_threads_and_the_order_of_rows_change_nothing(
    built_shop: Throwaway, rows_of: Callable[..., dict[str, list[Any]]], tmp_path: Path
) -> None:
    house = built_shop.copy(tmp_path)
    for table in raw_contract():
        house.sql(f"create or replace table raw.{table} as from raw.{table} as r order by md5(cast(r as varchar))")
    house.dbt("run", "--full-refresh", threads=4)
    expected, found = rows_of(built_shop, *READ_BY_PEOPLE), rows_of(house, *READ_BY_PEOPLE)
    assert len(expected) > 20
    assert {"marts.audience_churn_watchlist", "labels.label_churn"} <= {t for t, rows in expected.items() if rows}
    assert list(found) == list(expected)
    assert [t for t in expected if found[t] != expected[t]] == []


@pytest.fixture(scope="module")
def bare(new_warehouse: Callable[[str], Throwaway]) -> Throwaway:
    """Only raw.orders exists, with the fewest columns and no row: everything can be made."""
    house = new_warehouse("bare")
    house.create("orders", columns=NEEDED)
    house.dbt("run")
    return house


def orders() -> str:
    """Ada buys every 20 days, Bob once."""
    start = datetime(2025, 1, 1, 12)
    rows = [(f"ada-{n}", "ada", start + timedelta(days=20 * n), Decimal(30 + n)) for n in range(8)]
    rows.append(("bob-1", "bob", start, Decimal("9.99")))
    return ", ".join(f"('{o}', '{c}', timestamp '{at}', {amount})" for o, c, at, amount in rows)


def test_an_empty_warehouse_is_made(bare: Throwaway, rows_of: Callable[..., dict[str, list[Any]]]) -> None:
    held = rows_of(bare, "features", "labels", "marts", "predictions")
    assert len(held) > 20
    filled = {table for table, rows in held.items() if rows}
    assert filled <= {"marts.fct_churn_horizon"}
    conservation = "select count(*) from quality.fct_row_conservation where raw_row_count = 0"
    assert bare.value(conservation) == len(raw_contract())


def test_a_warehouse_without_a_single_raw_table_builds(new_warehouse: Callable[[str], Throwaway]) -> None:
    house = new_warehouse("nothing")
    house.dbt("seed")
    house.dbt("run")
    assert house.value("select sum(raw_row_count) from quality.fct_row_conservation") == 0


@pytest.fixture(scope="module")
def started(bare: Throwaway, predict: Callable[[Throwaway], None]) -> Throwaway:
    """The same with a few orders: built, scored, and made with --full-refresh."""
    bare.sql(f"insert into raw.orders values {orders()}")
    bare.dbt("build", "--exclude-resource-type", "unit_test")
    predict(bare)
    bare.dbt("run", "--full-refresh")
    return bare


def test_a_dry_build_passes_whose_lists_are_read_as_empty(new_warehouse: Callable[[str], Throwaway]) -> None:
    """`dbt build --empty`, as in CI; a list without a row is otherwise an error."""
    house = new_warehouse("dry")
    house.dbt("build", "--empty", "--select", "rfm_segments")
    house.dbt("test", "--select", "rfm_segments")
    house.sql("delete from reference.rfm_segments where rfm_code = '555'")
    assert "FAIL 1 rfm_segments_name_every_code" in house.dbt("test", "--select", "rfm_segments", code=1)


def test_a_few_orders_and_no_other_table_are_enough(started: Throwaway) -> None:
    # today is the day before the newest order, so that order is in no snapshot yet
    ada = started.rows(
        "select purchase_day_count, net_revenue_amount, event_count_90d, days_since_last_visit "
        "from features.feat_customer__all where customer_id = 'ada' order by as_of_date desc limit 1"
    )
    assert ada == [(7, Decimal("231.0000"), 0, None)]
    assert started.rows("select lifecycle_state from marts.dim_customers where customer_id = 'bob'") == [("lapsed",)]


def test_a_full_refresh_keeps_every_prediction(started: Throwaway) -> None:
    assert started.rows("select customer_id from predictions.pred_churn order by 1") == [("ada",), ("bob",)]
    runs = started.rows("select model_version, task from predictions.ml_training_runs order by 1")
    assert runs == [("s1", "segment"), ("v1", "churn")]
    assert started.value("select count(*) from marts.dim_customers where is_scored") == 2
