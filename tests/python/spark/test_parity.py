"""The demo shop on DuckDB and on Spark: built, trained, scored and built again, then compared row by row."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import parity
import pyarrow as pa
import pytest
from spark_house import SparkHouse
from throwaway import ROOT, Throwaway

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Throwaway:
    house = Throwaway(tmp_path_factory.mktemp("duckdb_demo"), raw_from="seeds")
    house.dbt("build")
    for command in ("train", "score"):
        words = [sys.executable, "-m", "clm_ml", command]
        subprocess.run(words, cwd=ROOT, env=house._environment(2), check=True, capture_output=True)
    house.dbt("build", "--selector", "after_scoring", artifacts=True)
    return house


@pytest.fixture(scope="module")
def on_spark(new_spark: Callable[..., SparkHouse]) -> SparkHouse:
    house = new_spark("spark_demo", raw_from="seeds")
    house.dbt("build")
    house.clm_ml("train")
    house.clm_ml("score")
    house.dbt("build", "--selector", "after_scoring")
    return house


def test_every_public_table_is_the_same_on_both_engines(on_duckdb: Throwaway, on_spark: SparkHouse) -> None:
    words = [on_duckdb.path, on_spark.folder / "spark", on_duckdb.folder / "target" / "manifest.json"]
    report = on_spark.python(str(Path(parity.__file__)), *map(str, words))
    assert "| `predictions.pred_churn` | 757 |" in report
    assert "| `marts.dim_customers` | 1,009 |" in report
    assert " 0 differences." in report


def test_scoring_again_on_spark_changes_nothing(on_spark: SparkHouse) -> None:
    before = on_spark.stored("predictions", "pred_churn")
    assert all(done["is_unchanged"] for done in json.loads(on_spark.clm_ml("score", "--json")).values())
    assert before
    assert on_spark.stored("predictions", "pred_churn") == before


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        ({"who": ["ada", "bob"], "share": [0.5, 0.25 + 1e-12], "paid": [1, 2]}, 0),
        ({"who": ["bob", "ada"], "share": [0.25, 0.5], "paid": [2, 1]}, 0),
        ({"who": ["ada", "bob"], "share": [0.5, 0.25 + 1e-8], "paid": [1, 2]}, 1),
        ({"who": ["ada", "bob"], "share": [0.5, None], "paid": [1, 3]}, 2),
        ({"who": ["ada"], "share": [0.5], "paid": [1]}, 1),
        ({"who": ["ada", "cy"], "share": [0.5, 0.25], "paid": [1, 2]}, 1),
        ({"who": ["ada", "bob"], "share": [0.5, 0.25]}, 1),
    ],
)
def test_a_difference_would_be_found(theirs: dict[str, list], found: int) -> None:
    ours = pa.table({"who": ["ada", "bob"], "share": [0.5, 0.25], "paid": [1, 2]})
    assert len(parity.compare("t", ["who"], ours, pa.table(theirs)).differences) == found
