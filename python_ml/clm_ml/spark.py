"""The Spark side of the door: queries, tables written anew and swapped by name, rows mapped where they lie."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import chdir
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.errors import UsageError, WarehouseUnavailable
from clm_ml.project import project_dir

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

Batches = Callable[[Iterator["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]


class SparkResult:
    """The rows of one query. Instants are UTC, without a zone, as DuckDB gives them."""

    def __init__(self, frame: DataFrame) -> None:
        self._frame = frame
        self.description = [(field.name,) for field in frame.schema.fields]

    def fetchall(self) -> list[tuple[Any, ...]]:
        columns = [_without_zone(column).to_pylist() for column in self._frame.toArrow().columns]
        return list(zip(*columns, strict=True))

    def fetchone(self) -> tuple[Any, ...] | None:
        rows = SparkResult(self._frame.limit(1)).fetchall()
        return rows[0] if rows else None

    def fetchnumpy(self) -> dict[str, np.ndarray]:
        table = self._frame.toArrow()
        return {name: table.column(name).to_numpy() for name in table.column_names}


class SparkWarehouse:
    """The tables of dbt's Spark target."""

    def __init__(self, session: SparkSession) -> None:
        self.session = session

    def execute(self, query: str, values: list[Any] | None = None) -> SparkResult:
        """A query with `?` for each of the values."""
        return SparkResult(self.session.sql(query, args=values) if values else self.session.sql(query))

    def columns(self, schema: str, name: str) -> dict[str, str]:
        """Column name to type; empty where there is no such table."""
        if not self.session.catalog.tableExists(f"{schema}.{name}"):
            return {}
        return {f.name: f.dataType.simpleString() for f in self.session.table(f"{schema}.{name}").schema.fields}

    def stage(self, name: str, records: list[dict[str, Any]], like: str) -> None:
        """A view of the records, with the columns and types of the table `like`."""
        import pyarrow as pa

        fields = self.session.table(like).schema.fields
        rows = pa.table({f.name: pa.array([record.get(f.name) for record in records]) for f in fields})
        self.session.createDataFrame(rows).createOrReplaceTempView(f"{name}_untyped")
        typed = ", ".join(f"cast({f.name} as {f.dataType.simpleString()}) as {f.name}" for f in fields)
        self.execute(f"create or replace temporary view {name} as select {typed} from {name}_untyped")

    def stage_mapped(self, name: str, query: str, function: Batches, like: str) -> None:
        """A table of what the function makes of the query's rows, batch by batch, on the workers."""
        mapped = self.session.sql(query).mapInArrow(function, self.session.table(like).schema)
        mapped.write.mode("overwrite").saveAsTable(name)

    def drop(self, name: str) -> None:
        """Drop a staged table."""
        self.execute(f"drop table if exists {name}")

    def replace_rows(self, table: str, gone: str, added: str) -> None:
        """The table without the rows (as `p`) that are gone and with those that are added.

        It is written anew beside the old one; then the two are swapped by name. Until then the old one stands.
        """
        names = ", ".join(self.session.table(table).columns)
        following, old = f"{table}__clm_next", f"{table}__clm_old"
        self.drop(following)
        self.drop(old)
        self.execute(
            f"create table {following} using {self._format(table)} as "
            f"select {names} from {table} as p where not ({gone}) union all select {names} from ({added})"
        )
        self.execute(f"alter table {table} rename to {old}")
        self.execute(f"alter table {following} rename to {table}")
        self.drop(old)

    def _format(self, table: str) -> str:
        described = self.execute(f"describe table extended {table}").fetchall()
        return next(str(value) for name, value, _ in described if name == "Provider")


def open_session(profile: dict[str, Any]) -> SparkWarehouse:
    """The session that dbt's profile describes. Raises WarehouseUnavailable where it cannot be had."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError(
            "the target is Spark, and pyspark is not installed", "run `make spark`, or pip install 'clm-ml[spark]'"
        ) from error
    if profile.get("method") != "session":
        raise UsageError(
            f"clm-ml reaches Spark by a session, not by {profile.get('method')}",
            "name a target of method session; docs/spark.md shows how to reach a cluster",
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")  # no pandas here: Arrow only
    settings = {**profile.get("server_side_parameters", {}), "spark.sql.ansi.doubleQuotedIdentifiers": "true"}
    try:
        # a server has its metastore, and would warn that it cannot be given one
        builder = SparkSession.builder if "spark.remote" in settings else SparkSession.builder.enableHiveSupport()
        for name, value in settings.items():
            builder = builder.config(name, value)
        with chdir(project_dir()):  # the profile's paths are relative to the project
            session = builder.getOrCreate()
            session.sql("show databases").collect()
    except (PySparkException, RuntimeError) as error:
        raise WarehouseUnavailable(*_said(str(error))) from error
    return SparkWarehouse(session)


def _said(error: str) -> tuple[str, str]:
    if "JAVA_GATEWAY_EXITED" in error:
        return "Spark does not start", "install Java 17 or later, and see what Spark printed above"
    if "StatusCode.UNAVAILABLE" in error:
        return "no Spark Connect server answers", "start it, or name the one that runs: SPARK_REMOTE (docs/spark.md)"
    if "HiveMetastoreClient" in error or "another instance of Derby" in error.lower() or "HIVE" in error.upper():
        return "the Spark warehouse cannot be opened", "wait for the process that holds it; one works at a time"
    return f"Spark cannot be reached: {error.splitlines()[0]}", "see docs/spark.md"


def _without_zone(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return column.cast(pa.timestamp("us")) if pa.types.is_timestamp(column.type) else column
