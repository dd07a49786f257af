"""Tests on Spark run where pyspark, dbt-spark and Java are there, and say what is missing where they are not."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from spark_house import SparkHouse

HERE = Path(__file__).parent


def missing() -> str:
    """What Spark needs and this machine lacks."""
    lacks = [name for name in ("pyspark", "dbt.adapters.spark") if importlib.util.find_spec(name) is None]
    has_java = shutil.which("java") or Path(os.environ.get("JAVA_HOME", "/none"), "bin/java").exists()
    return ", ".join([*lacks, *([] if has_java else ["java"])])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lacks = missing()
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.spark)
            if lacks:
                item.add_marker(pytest.mark.skip(reason=f"no {lacks}: make setup-spark, and install Java 17"))


@pytest.fixture(scope="session")
def new_spark(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., SparkHouse]:
    """new_spark(name): an empty Spark warehouse of one's own."""

    def make(name: str, raw_from: str = "source") -> SparkHouse:
        return SparkHouse(tmp_path_factory.mktemp(name), raw_from)

    return make
