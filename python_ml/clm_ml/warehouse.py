"""The one door to the warehouse: every read and write of clm-ml goes through here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clm_ml.errors import WarehouseUnavailable
from clm_ml.project import database_path, profile_target

if TYPE_CHECKING:
    import duckdb


@contextmanager
def connect(*, read_only: bool = False, create: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
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
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of the block, or none of it."""
    con.execute("begin transaction")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def table_exists(con: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    """Whether schema.name is a table or a view of the warehouse."""
    row = con.execute(
        "select count(*) from information_schema.tables where table_schema = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    return bool(row and row[0])


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
