"""Shops that several tests read. A test that changes one works on a copy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from random_shop import random_shop
from slow_snapshots import SlowShop
from throwaway import Throwaway, raw_contract

DEMO_VARIABLES = {"today": "2025-06-29", "as_of_dates": ["2025-04-02", "2025-04-03"]}
JUNE = {"today": "2025-06-30"}
FILLERS = {
    "VARCHAR": "'v1'",
    "BOOLEAN": "true",
    "TIMESTAMP": "timestamp '2025-07-01'",
    "BIGINT": "1",
    "DATE": "date '2025-01-31'",
}


def train(house: Throwaway) -> None:
    """Champions with no more than the tables demand, so that scores of v1 and segments of s1 count."""
    columns = house.rows(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'predictions' and table_name = 'ml_training_runs' and is_nullable = 'NO'"
    )
    values = ", ".join(f"{FILLERS[t]} as {n}" for n, t in columns if n not in ("task", "model_version"))
    for task, version in (("churn", "v1"), ("segment", "s1")):
        house.sql(
            "insert into predictions.ml_training_runs by name "
            f"select '{task}' as task, '{version}' as model_version, {values}"
        )


def score(house: Throwaway) -> None:
    """A score for everyone who has bought, at the newest as-of date: the longer ago, the riskier."""
    house.sql("""
        insert into predictions.pred_churn by name
        select customer_id, as_of_date, 'v1' as model_version, least(recency_days / 500.0, 1) as churn_probability,
            0 as probability_low, 1 as probability_high, 'high' as risk_band, 'long silent' as reason_1,
            'few orders' as reason_2, 'a complaint' as reason_3, timestamp '2025-07-01' as scored_at
        from features.feat_customer__all
        where recency_days is not null and as_of_date = (select max(as_of_date) from features.feat_customer__all)
    """)
    segment(house)


def segment(house: Throwaway) -> None:
    """A segment for everyone who has bought, at every as-of date: by purchase days alone."""
    house.sql("""
        insert into predictions.pred_segment by name
        select customer_id, as_of_date, 's1' as model_version, least(frequency_count, 3) as segment_id,
            ['no order in a year', 'one order', 'two orders', 'more orders'][1 + least(frequency_count, 3)]
                as segment_name,
            case when frequency_count > 0 then 0.5 end as segment_confidence,
            case when frequency_count > 0 then recency_days % 7 = 0 end as is_unusual,
            timestamp '2025-07-01' as scored_at
        from features.feat_customer__all
        where recency_days is not null
    """)
    house.sql("""
        insert into predictions.ml_segments by name
        select model_version, segment_id, segment_name, count(*) as customer_count, 'spends more' as trait_1
        from predictions.pred_segment group by all
    """)


@pytest.fixture(scope="session")
def built_shop(seeded: Throwaway, made_once: Callable[..., Throwaway]) -> Throwaway:
    """A random shop: built, scored, built again. Copy it, never change it."""

    def make(house: Throwaway) -> None:
        house.take(seeded)
        house.fill(random_shop(9))
        house.dbt("run", threads=2)
        train(house)
        score(house)
        house.dbt("run", "--selector", "after_scoring", threads=2)

    return made_once("built_shop", make)


@pytest.fixture(scope="session")
def june_shop(built_shop: Throwaway, made_once: Callable[..., Throwaway]) -> Throwaway:
    """The built shop on a day with customers in every state, scored then and half a year before. Copy it."""

    def make(house: Throwaway) -> None:
        house.take(built_shop)
        house.dbt("run", variables=JUNE, threads=2)
        house.sql("delete from predictions.pred_churn")
        house.sql("""
            insert into predictions.pred_churn by name
            select customer_id, as_of_date, 'v1' as model_version,
                least(recency_days / 500.0, 1) as churn_probability, 0 as probability_low, 1 as probability_high,
                'high' as risk_band, 'a' as reason_1, 'b' as reason_2, 'c' as reason_3,
                timestamp '2025-07-01' as scored_at
            from features.feat_customer__all
            where recency_days is not null and as_of_date in (date '2025-01-31', date '2025-06-30')
        """)
        house.dbt("run", "--selector", "after_scoring", variables=JUNE, threads=2)

    house = made_once("june_shop", make)
    assert house.value("select count(distinct lifecycle_state) from marts.dim_customers") == 7
    assert house.value("select count(distinct lifecycle_state) from marts.audience_churn_watchlist") > 2
    return house


@pytest.fixture(scope="session")
def demo(made_once: Callable[..., Throwaway]) -> Throwaway:
    """What `dbt build` makes of a fresh clone, with two more snapshots. Read it, never change it."""
    return made_once("demo", lambda house: house.dbt("build", variables=DEMO_VARIABLES, threads=2), raw_from="seeds")


@pytest.fixture(scope="session")
def slow_demo(demo: Throwaway) -> SlowShop:
    """The demo's accepted raw rows, to recount from."""
    tables = {
        table: demo.records(
            f"select {', '.join(columns)} from staging.base_{table} where row_status <> 'quarantined'"
        )
        for table, columns in raw_contract().items()
    }
    return SlowShop(tables, date.fromisoformat(DEMO_VARIABLES["today"]))


@pytest.fixture(scope="session")
def predict() -> Callable[[Throwaway], None]:
    """predict(warehouse): a champion and its scores."""

    def both(house: Throwaway) -> None:
        train(house)
        score(house)

    return both


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., dict[str, list[Any]]]:
    """rows_of(warehouse, schema…): the sorted rows of every table there."""

    def read(house: Throwaway, *schemas: str) -> dict[str, list[Any]]:
        return house.rows_by_table(*house.tables(*schemas))

    return read
