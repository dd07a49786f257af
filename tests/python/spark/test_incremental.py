"""Incremental models on Spark, whose Parquet tables know no DELETE."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from spark_house import SparkHouse, own_project
from throwaway import ARROW_TYPES, Throwaway, raw_contract

pytestmark = pytest.mark.slow

INCREMENTAL = [  # of the project
    "int_customers__changes",
    "int_event_batches",
    "int_event_days",
    "int_event_ids",
    "int_events__quarantined",
    "int_events__repeated",
    "int_funnel_attempts",
    "int_funnel_reach",
    "int_sessions",
    "int_snapshots",
    "int_touches__changes",
    "int_visit_days",
    "int_visitor_steps",
    "int_visitors",
]
BATCHES = """
select * from (
    select 1 as batch, 'ada' as who, 1 as number, 'first' as said
    union all select 1, 'ada', 2, 'first'
    union all select 1, 'bob', 1, 'first'
    union all select 1, cast(null as string), 9, 'first'
    union all select 2, 'ada', 3, 'second'
    union all select 2, 'cy', 1, 'second'
    union all select 2, cast(null as string), 9, 'second'
) as batches
where batch = {{ var('batch') }}
"""
MODELS = {
    "by_visitor": "{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='who') }}",
    "by_row": (
        "{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['who', 'number']) }}"
    ),
    "of_late_only": (
        "{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='who',"
        " incremental_predicates=['number >= 2']) }}"
    ),
}
FIRST = [(1, "ada", 1, "first"), (1, "ada", 2, "first"), (1, "bob", 1, "first"), (1, None, 9, "first")]
SECOND = [(2, "ada", 3, "second"), (2, "cy", 1, "second"), (2, None, 9, "second")]

CASTS = """
{{ config(materialized='table') }}
select
    text,
    {{ utc_timestamp('text', 'string') }} as instant,
    {{ cast_or_null('text', 'string', 'date') }} as day,
    {{ cast_or_null('text', 'string', 'bigint') }} as whole,
    {{ cast_or_null('text', 'string', 'decimal(18,4)') }} as amount,
    {{ cast_or_null('text', 'string', 'boolean') }} as flag,
    {{ row_as_json(['text', 'number', 'paid', 'instant_held']) }} as json
from (
    TEXTS
) as texts
"""
TEXTS = [
    *("2025-01-02", "2025-1-2", "2025/01/02", "2025-01", "2025", "20250102", "2025-13-01", "2025-02-30", "10:00"),
    *("2025-01-02 10:00:00", "2025-01-02T10:00:00Z", "2025-01-02T23:30:00+02:00", "2025-01-02 10:00:00+0200"),
    *("2025-01-02 10:00:00.5", "2025-01-02 25:00:00", "2025-01-02 nonsense", "2025/01/02 10:00:00"),
    *("12", "12.7", "-12.5", "1e3", "12.34565", "12,5", "1 2", "abc", "", "  7 ", "99999999999999999999"),
    *("true", "F", "yes", "0", "maybe", 'quote " and back\\slash', "für élise"),
]


def casts() -> str:
    rest = "2 as number, cast(1.5 as decimal(18, 4)) as paid, timestamp '2025-01-02 10:00:00' as instant_held"
    rows = [f"select {_literal(text)} as text, {rest}" for text in TEXTS]
    return CASTS.replace("TEXTS", " union all ".join(rows))


def _literal(text: str) -> str:
    """As SQL of both engines: a backslash in a literal means another thing to each."""
    return "concat('" + text.replace("\\", "', chr(92), '") + "')"


@pytest.fixture(scope="module")
def on_duckdb(twice: SparkHouse, tmp_path_factory: pytest.TempPathFactory) -> Throwaway:
    """The same small models on DuckDB."""
    house = Throwaway(tmp_path_factory.mktemp("small_duckdb"))
    for batch in (1, 2):
        house.dbt("run", variables={"batch": batch}, project=twice.folder / "project")
    return house


@pytest.mark.parametrize("model", [*MODELS, "casts"])
def test_small_models_hold_the_same_rows_on_duckdb(twice: SparkHouse, on_duckdb: Throwaway, model: str) -> None:
    ours = sorted(on_duckdb.rows(f"select * from main.{model}"), key=repr)
    theirs = twice.stored("main", model)
    assert [one for one in zip(ours, theirs, strict=True) if one[0] != one[1]] == []


@pytest.fixture(scope="module")
def twice(new_spark: Callable[..., SparkHouse]) -> SparkHouse:
    """Three small models, built with the first batch and again with the second."""
    house = new_spark("incremental")
    models = {n: config + BATCHES for n, config in MODELS.items()} | {"casts": casts()}
    project = own_project(house.folder / "project", models)
    for batch in (1, 2):
        house.dbt("run", variables={"batch": batch}, project=project)
    return house


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("by_visitor", [row for row in FIRST if row[1] != "ada"]),
        ("by_row", FIRST),
        ("of_late_only", [row for row in FIRST if row[1:3] != ("ada", 2)]),
    ],
)
def test_rows_of_the_new_keys_go_and_the_new_rows_come(twice: SparkHouse, model: str, kept: list[tuple]) -> None:
    assert twice.stored("main", model) == sorted([*kept, *SECOND], key=repr)


def test_nothing_is_left_beside_the_tables(twice: SparkHouse) -> None:
    assert {p.name for p in (twice.folder / "spark/tables/main.db").iterdir()} == {*MODELS, "casts"}


def event(event_id: str, at: str, batch: int, who: str = "phone", customer: str | None = None) -> dict:
    return {
        "event_id": event_id,
        "anonymous_id": who,
        "customer_id": customer,
        "event_type": "page_view",
        "occurred_at": datetime.fromisoformat(f"2025-03-{at}"),
        "recorded_at": datetime.fromisoformat(f"2025-03-{at}"),
        "loaded_at": datetime(2025, 4, batch),
    }


ON_TIME = [
    event("a-1", "01 10:00", 1),
    event("a-2", "01 10:50", 1),
    event("a-3", "02 10:00", 1, customer="ada"),
    event("b-1", "01 10:00", 1, who="tablet"),
    event("b-2", "01 10:10", 1, who="tablet", customer="bob"),
]
LATE = [
    event("a-0", "01 09:45", 2),
    event("a-9", "01 10:25", 2),  # joins two sessions
    event("a-2", "01 10:50", 2),  # sent again
    event("b-1", "01 10:00", 2, who="phone"),  # was another visitor's
]


def add(folder: Path, name: str, rows: list[dict]) -> None:
    types = raw_contract()["events"]
    folder.mkdir(exist_ok=True)
    table = pa.table({n: pa.array([r.get(n) for r in rows], ARROW_TYPES[t]) for n, t in types.items()})
    pq.write_table(table, folder / f"{name}.parquet")


def test_late_and_repeated_events_give_what_a_full_refresh_gives(new_spark: Callable[..., SparkHouse]) -> None:
    house = new_spark("events")
    files = house.folder / "events"
    add(files, "first", ON_TIME)
    house.sql("create schema raw", f"create table raw.events using parquet location '{files}'")
    house.dbt("seed", "--select", "path:seeds/reference")
    chosen = ["--select", *(f"+{model}" for model in INCREMENTAL), "--exclude", "resource_type:seed"]
    house.dbt("run", *chosen)
    before = rows_of(house)
    add(files, "late", LATE)
    house.dbt("run", *chosen)
    after = rows_of(house)
    house.dbt("run", "--full-refresh", *chosen)
    assert (len(before["int_sessions"]), len(after["int_sessions"])) == (4, 3)
    assert len(after["int_events__repeated"]) == 2
    assert rows_of(house) == after


def rows_of(house: SparkHouse) -> dict[str, list[tuple]]:
    stored = {model: house.stored("intermediate", model) for model in INCREMENTAL}
    # by which change a customer became what they are is another one after a full refresh
    return {model: [r[:-1] if model.endswith("__changes") else r for r in rows] for model, rows in stored.items()}


def test_every_incremental_model_is_held_to_its_full_refresh(manifest: dict[str, Any]) -> None:
    nodes = [n for n in manifest["nodes"].values() if n["config"].get("incremental_strategy")]
    assert sorted(n["name"] for n in nodes) == INCREMENTAL
