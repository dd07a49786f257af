"""The one door to the warehouse: every read and write of clm-ml goes through here."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from clm_ml.errors import WarehouseUnavailable
from clm_ml.project import database_path, profile_target

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import duckdb
    import pyarrow as pa
    from typing_extensions import TypeIs

    from clm_ml.spark import SparkWarehouse

    Connection: TypeAlias = duckdb.DuckDBPyConnection | SparkWarehouse

Record = dict[str, Any]


def connect(*, read_only: bool = False) -> AbstractContextManager[Connection]:
    """A connection to the warehouse of dbt's target, in UTC.

    Raises WarehouseUnavailable where it is missing or another process holds it.
    """
    profile = profile_target()
    if profile.get("type") == "spark":
        from clm_ml.spark import open_session

        return nullcontext(open_session(profile))
    return connect_duckdb(read_only=read_only)


@contextmanager
def connect_duckdb(*, read_only: bool = False, create: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the DuckDB file of dbt's profile, in UTC.

    Raises WarehouseUnavailable where the file is missing (unless `create`) or another process holds it.
    """
    import duckdb

    path = database_path()
    if not path.exists() and not create:
        raise WarehouseUnavailable(f"there is no warehouse at {path}", "run `dbt build` first")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        con = duckdb.connect(str(path), read_only=read_only, config=_config(path))
    except duckdb.IOException as error:
        raise WarehouseUnavailable(
            f"{path} cannot be opened: {error}", "wait for the process that holds it, or close that reader"
        ) from error
    try:
        con.execute("set TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
    """All of the block, or none of it. Spark has no transactions: there each table is replaced as a whole."""
    if on_spark(con):
        yield
        return
    con.execute("begin transaction")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def on_spark(con: Connection) -> TypeIs[SparkWarehouse]:
    """Whether the warehouse is Spark's."""
    return type(con).__name__ == "SparkWarehouse"


def columns(con: Connection, schema: str, name: str) -> dict[str, str]:
    """Column name to type, in upper case, of a table or a view; empty where there is none."""
    if on_spark(con):
        return {column: kind.upper() for column, kind in con.columns(schema, name).items()}
    rows = con.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = ? and table_name = ? order by ordinal_position",
        [schema, name],
    ).fetchall()
    return dict(rows)


def table_exists(con: Connection, schema: str, name: str) -> bool:
    """Whether schema.name is a table or a view of the warehouse."""
    return bool(columns(con, schema, name))


def replace_rows(con: Connection, table: str, gone: str, added: str) -> None:
    """Take away the rows (as `p`) for which `gone` is true and add those of the query `added`.

    On DuckDB part of the caller's transaction; on Spark the table is written anew and swapped.
    """
    if on_spark(con):
        con.replace_rows(table, gone, added)
        return
    con.execute(f"delete from {table} as p where {gone}")
    con.execute(f"insert into {table} by name {added}")


def stream(con: duckdb.DuckDBPyConnection, query: str, size: int) -> Generator[pa.RecordBatch]:
    """The rows of a query as they come, at most so many at a time; `con` may write meanwhile."""
    with con.cursor() as reader:
        reader.execute("set TimeZone = 'UTC'")
        found = reader.sql(query)
        read = (
            "to_arrow_reader" if hasattr(found, "to_arrow_reader") else "fetch_record_batch"
        )  # as DuckDB 1 calls it
        for batch in getattr(found, read)(size):
            for start in range(0, batch.num_rows, size):  # DuckDB rounds sizes up to its own
                yield batch.slice(start, size)


def stage(con: Connection, name: str, records: list[Record], like: str) -> None:
    """The records under a temporary name, with the columns and types of the table `like`."""
    if on_spark(con):
        con.stage(name, records, like)
        return
    con.execute(f"create or replace temporary table {name} as select * from {like} limit 0")
    names = list(records[0])
    marks = ", ".join("?" for _ in names)
    con.executemany(
        f"insert into {name} ({', '.join(names)}) values ({marks})", [[row[n] for n in names] for row in records]
    )


def _config(path: Path) -> dict[str, str | bool | int | float | list[str]]:
    profile = profile_target()
    config: dict[str, str | bool | int | float | list[str]] = {}
    if not path.exists():
        config["storage_compatibility_version"] = profile.get("config_options", {}).get(
            "storage_compatibility_version", "latest"
        )
    memory_limit = profile.get("settings", {}).get("memory_limit")
    if memory_limit:
        config["memory_limit"] = memory_limit
    return config
