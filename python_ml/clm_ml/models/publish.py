"""Predictions become rows of their table: all of them or none, and only what differs is written.

A task says which customers (a query), and what its columns are of a batch of them. This does the rest: on DuckDB
batch by batch, on Spark on its workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from clm_ml.console import narrated, progress, say
from clm_ml.models import snapshots
from clm_ml.models.rows import Rows
from clm_ml.models.threads import one_thread
from clm_ml.warehouse import on_spark, replace_rows, stream, transaction

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from clm_ml.warehouse import Connection

BATCH = 25_000  # customers at a time: few enough for the processor's cache
STAMPS = ("customer_id", "as_of_date", "model_version", "scored_at")


@dataclass(frozen=True)
class Table:
    """A prediction table: its columns in their order; all but the keys and scored_at are what is predicted."""

    name: str
    columns: tuple[str, ...]

    @property
    def content(self) -> tuple[str, ...]:
        """What makes two rows of a customer the same; when they were scored is not one of it."""
        return tuple(column for column in self.columns if column not in STAMPS)


@dataclass(frozen=True)
class Maker:
    """Batches of customers in, rows of the prediction table out; a worker of Spark gets a copy of it.

    `columns_of` gives the content of the table for rows of these features, one Arrow array a column.
    """

    table: Table
    version: str
    day: date
    names: tuple[str, ...]
    columns_of: Callable[[Rows], dict[str, pa.Array]]
    now: datetime

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with one_thread():
            for batch in batches:
                if batch.num_rows:
                    yield self.made(batch)

    def made(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows of one batch."""
        import pyarrow as pa

        found = self.columns_of(snapshots.rows_of(batch, self.names))
        found["customer_id"] = batch.column("customer_id").cast(pa.string())
        same = {
            "as_of_date": pa.scalar(self.day, pa.date32()),
            "model_version": pa.scalar(self.version),
            "scored_at": pa.scalar(self.now, pa.timestamp("us", "UTC")),
        }
        found |= {name: pa.repeat(value, batch.num_rows) for name, value in same.items()}
        return pa.RecordBatch.from_pydict({name: found[name] for name in self.table.columns})


def publish_made(
    con: Connection,
    table: Table,
    scope: tuple[str, date],
    customers: tuple[str, int, tuple[str, ...]],
    columns_of: Callable[[Rows], dict[str, pa.Array]],
) -> dict[str, Any]:
    """Predict for the customers (a query, how many they are, and its features) and publish what differs.

    Where nothing of this (model version, as-of date) is published yet, batches go into the table as they are made.
    """
    query, count, names = customers
    maker = Maker(table, *scope, names, columns_of, datetime.now(UTC))
    if on_spark(con):
        staged = f"{table.name}__staged"
        con.stage_mapped(staged, query, maker, table.name)
        changed = publish(con, table, scope, staged)
        con.drop(staged)
        return changed
    if not _count(con, f"select count(*) from {table.name} as p where {_here(scope)}"):
        with transaction(con):
            _insert(con, table.name, maker, query, count)
        return _told(count, 0)
    con.execute(f"create or replace temporary table staged as select * from {table.name} limit 0")
    _insert(con, "staged", maker, query, count)
    with narrated(lambda seconds: f"  writing {count:,} rows, the last step: {seconds:.0f} s so far"):
        return publish(con, table, scope, "staged")


def publish(con: Connection, table: Table, scope: tuple[str, date], staged: str) -> dict[str, Any]:
    """Replace what differs between the staged and the published rows of a (model version, as-of date)."""
    same = " and ".join(f"p.{c} is not distinct from s.{c}" for c in ("customer_id", *table.content))
    here = _here(scope)
    stale = f"{here} and not exists (select 1 from {staged} as s where {same})"
    missing = f"not exists (select 1 from {table.name} as p where {here} and {same})"
    with transaction(con):
        removed = _count(con, f"select count(*) from {table.name} as p where {stale}")
        written = _count(con, f"select count(*) from {staged} as s where {missing}")
        if removed or written:
            added = f"select * from {staged} as s where {missing} order by customer_id"
            replace_rows(con, table.name, stale, added)
    return _told(written, removed)


def _insert(con: duckdb.DuckDBPyConnection, target: str, maker: Maker, query: str, count: int) -> None:
    with (
        closing(stream(con, query, BATCH)) as read,
        closing(progress(read, f"batches of {BATCH:,} customers", total=-(-count // BATCH))) as batches,
    ):
        for made in maker(batches):  # noqa: B007  (DuckDB finds it by name; registered, it is held until the commit)
            con.execute(f"insert into {target} by name select * from made")


def _told(written: int, removed: int) -> dict[str, Any]:
    say("unchanged" if not removed and not written else f"{written:,} rows written, {removed:,} replaced or removed")
    return {"written": written, "removed": removed, "is_unchanged": not removed and not written}


def _here(scope: tuple[str, date]) -> str:
    version, day = scope
    return f"p.model_version = '{version}' and p.as_of_date = date '{day}'"


def _count(con: Connection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
