"""Tasks on a DuckDB file: write the shop, run statements, split its raw rows, and say what its tables hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from clm_ml.project import profile_target

from benchmarks.child import Meter

Request = dict[str, Any]
Answer = dict[str, Any]


def write_shop(request: Request) -> Answer:
    """A shop of this size in a new file."""
    from benchmarks.shop import Size, write_shop

    with Meter() as meter:
        write_shop(Path(request["path"]), Size(request["events"]))
    return {"used": meter.used}


def statements(request: Request) -> Answer:
    """Run `sql`, in order, after `before`; measured with the profile's settings. The answer is the last one's row.

    With `scratch` new tables go to that file and the warehouse is only read.
    """
    with opened(request) as con:
        for statement in request.get("before", []):
            con.execute(statement)
        with Meter() as meter:
            row = None
            for statement in request["sql"]:
                row = con.execute(statement).fetchone()
        return {"used": meter.used, "row": row}


def describe(request: Request) -> Answer:
    """Rows and columns of each relation that exists."""
    found: dict[str, Any] = {}
    with opened(request) as con, Meter() as meter:
        for relation in request["relations"]:
            try:
                columns = [line[0] for line in con.execute(f"describe select * from {relation}").fetchall()]
            except duckdb.CatalogException:
                continue
            found[relation] = {"columns": columns, "rows": _one(con, f"select count(*) from {relation}")}
    return {"used": meter.used, "relations": found}


def split(request: Request) -> Answer:
    """Take the rows that `held` describes out of the raw tables and keep them in schema held; set by set.

    `held` is set name to raw table to predicate. A row belongs to the first set that wants it.
    """
    with opened(request) as con, Meter() as meter:
        con.execute("create schema if not exists held")
        for name, tables in request["held"].items():
            for table, predicate in tables.items():
                con.execute(f'create table held."{name}.{table}" as select * from raw.{table} where {predicate}')
            for table, key in request["keys"].items():
                if table in tables:
                    con.execute(f'delete from raw.{table} where {key} in (select {key} from held."{name}.{table}")')
        con.execute("checkpoint")
        counts = {
            name: {table: _one(con, f'select count(*) from held."{name}.{table}"') for table in tables}
            for name, tables in request["held"].items()
        }
    return {"used": meter.used, "counts": counts}


def arrive(request: Request) -> Answer:
    """Put a set's rows back, as one load batch a day after everything that is there."""
    with opened(request) as con, Meter() as meter:
        for table in request["tables"]:
            con.execute(
                f"insert into raw.{table} by name select * replace ("
                f"(select max(loaded_at) from raw.{table}) + interval 1 day as loaded_at) "
                f'from held."{request["set"]}.{table}"'
            )
        con.execute("checkpoint")
    return {"used": meter.used}


def fingerprints(request: Request) -> Answer:
    """Per table of these schemas its rows and a sum of row hashes that does not depend on their order."""
    schemas = ", ".join(f"'{schema}'" for schema in request["schemas"])
    with opened(request) as con, Meter() as meter:
        tables = con.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' "
            f"and table_catalog = current_database() and table_schema in ({schemas}) order by 1, 2"
        ).fetchall()
        found = {f"{schema}.{name}": _fingerprint(con, f'"{schema}"."{name}"') for schema, name in tables}
    return {"used": meter.used, "tables": found}


@contextmanager
def opened(request: Request) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with the settings of a run of dbt; read only and beside a scratch file, where one is named."""
    warehouse, scratch = Path(request["warehouse"]), request.get("scratch")
    profile = profile_target()
    with duckdb.connect(str(scratch or warehouse), config=profile.get("config_options", {})) as con:
        for name, value in profile.get("settings", {}).items():
            con.execute(f"set {name} = '{value}'")
        unset = "select 1 from duckdb_settings() where name = 'block_allocator_memory' and value = '0 bytes'"
        if con.execute(unset).fetchone():
            con.execute("set global block_allocator_memory = '50%'")  # as macros/duckdb/memory.sql does
        if scratch:
            con.execute(f"attach '{warehouse}' as \"{warehouse.stem}\" (read_only)")
        yield con


def _fingerprint(con: duckdb.DuckDBPyConnection, relation: str) -> list[Any]:
    names = [line[0] for line in con.execute(f"describe select * from {relation}").fetchall()]
    columns = ", ".join(f'"{name}"' for name in names)
    query = f"select count(*), cast(coalesce(sum(cast(hash({columns}) as hugeint)), 0) as varchar) from {relation}"
    return list(con.execute(query).fetchone() or ())


def _one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
