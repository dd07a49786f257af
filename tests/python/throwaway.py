"""A throw-away warehouse: raw tables filled row by row, dbt called with a user's words, results read back.

dbt reads the project from the beginning for every new target folder, path of a warehouse, and set of variables, which
takes longer than most runs of so few rows. So every warehouse has the same path, relative to links to the project's
folders, and what dbt has read goes from one to the next; dbt itself says whether it still holds.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml
from ready_dbt import ReadyDbt

ROOT = Path(__file__).parents[2]
LINKED = ("dbt_project.yml", "selectors.yml", "macros", "models", "seeds", "tests")
Row = dict[str, Any]

ARROW_TYPES = {
    "string": pa.string(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "decimal(18,4)": pa.decimal128(18, 4),
}


def raw_contract() -> dict[str, dict[str, str]]:
    """Raw table to its columns and their types, as the project's own contract states them."""
    text = (ROOT / "models/staging/_raw__sources.yml").read_text(encoding="utf-8")
    tables = yaml.safe_load(text)["sources"][0]["tables"]
    return {t["name"]: {c["name"]: c["data_type"] for c in t["columns"]} for t in tables}


@functools.cache
def _ready_dbt() -> ReadyDbt:
    """The one of this worker of pytest."""
    return ReadyDbt()


class DbtFailed(AssertionError):
    """dbt ended with another exit code than the test expects."""


class Throwaway:
    """One DuckDB file with its own dbt target folder, both below `folder`; `says` there holds dbt's last words."""

    parsed: Path | None = None  # the folder of what dbt has read; one for all workers of pytest
    profiles: Path = ROOT  # the folder of profiles.yml

    def __init__(self, folder: Path, raw_from: str = "source") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "warehouse.duckdb"
        self.raw_from = raw_from

    def copy(self, folder: Path) -> Throwaway:
        """The same rows in another file, and the same models."""
        other = Throwaway(folder, self.raw_from)
        other.take(self)
        shutil.copytree(self._linked_project(), folder / "linked", symlinks=True)
        return other

    def take(self, other: Throwaway) -> None:
        """Take the other's rows in place of one's own."""
        shutil.copy(other.path, self.path)

    def dbt(
        self,
        *words: str,
        variables: Mapping[str, Any] | None = None,
        threads: int = 1,
        code: int = 0,
        project: Path | None = None,
        artifacts: bool = False,
    ) -> str:
        """What dbt says, color-free; raises DbtFailed where its exit code is not `code`.

        It writes manifest.json and run_results.json where `artifacts` are asked for: half a second of every command.
        """
        given = json.dumps(dict(variables or {}), sort_keys=True)
        linked, target = self._linked_project(), self.folder / "target"
        command = ["--no-use-colors", "--log-level-file", "none", *words]
        command += ["--project-dir", str(project or linked), "--profiles-dir", str(self.profiles)]
        command += ["--target-path", str(target), "--log-path", str(self.folder), "--vars", given]
        command += [] if artifacts else ["--no-write-json"]
        environment = self._environment(threads)
        if not project:
            environment["CLM_DATABASE"] = f"../{self.path.name}"
            self._parsed(environment, given, keep=False)
        says = self.folder / "says"
        ended = _ready_dbt().run(command, linked, environment, says)
        said = says.read_text(encoding="utf-8")
        if ended != code:
            raise DbtFailed(f"dbt {' '.join(words)} ended with {ended}:\n{said}")
        if not project:
            self._parsed(environment, given, keep=True)
        return said

    def _parsed(self, environment: Mapping[str, str], variables: str, keep: bool) -> None:
        """Keep what dbt has read for the next warehouse, or take what another one has kept."""
        if not self.parsed:
            return
        name = f"{environment.get('DBT_TARGET')} {self.raw_from} {variables}"
        kept = self.parsed / hashlib.md5(name.encode()).hexdigest()
        own = self.folder / "target" / "partial_parse.msgpack"
        if keep and not kept.exists():
            shutil.copy(own, kept.with_suffix(f".{os.getpid()}"))
            kept.with_suffix(f".{os.getpid()}").rename(kept)
        elif not keep and kept.exists():
            own.parent.mkdir(exist_ok=True)
            shutil.copy(kept, own)

    def _linked_project(self) -> Path:
        """Links to the project's files, in a folder from which the warehouse's path is the same for all."""
        project = self.folder / "linked"
        if not project.exists():
            project.mkdir()
            for name in LINKED:
                (project / name).symlink_to(ROOT / name)
        return project

    def edit(self, model: str, old: str, new: str) -> None:
        """Changes the SQL of a model, for this warehouse and copies of it."""
        models = self._linked_project() / "models"
        if models.is_symlink():
            models.unlink()
            shutil.copytree(ROOT / "models", models)
        (path,) = models.rglob(f"{model}.sql")
        sql = path.read_text(encoding="utf-8")
        assert old in sql
        path.write_text(sql.replace(old, new), encoding="utf-8")

    def manifest(self) -> dict[str, Any]:
        """What dbt has understood of the project; written where `artifacts` were asked for."""
        return json.loads((self.folder / "target" / "manifest.json").read_text(encoding="utf-8"))

    def create(self, *tables: str, columns: Iterable[str] | None = None) -> None:
        """Empty raw tables, typed by the contract; with these columns only, where some are named."""
        for table in tables:
            typed = {n: t for n, t in raw_contract()[table].items() if columns is None or n in columns}
            self.sql(f"create table raw.{table} ({', '.join(f'{n} {t}' for n, t in typed.items())})")

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Adds rows to a raw table; a column that a row does not name is NULL."""
        rows = list(rows)
        types = raw_contract()[table]
        incoming = pa.table({n: pa.array([r.get(n) for r in rows], ARROW_TYPES[t]) for n, t in types.items()})
        with self._connect() as con:
            con.register("incoming", incoming)
            con.execute(f"insert into raw.{table} by name select * from incoming")

    def fill(self, tables: Mapping[str, list[Row]]) -> None:
        """Makes every raw table of the contract and fills those that are given."""
        self.create(*raw_contract())
        for table, rows in tables.items():
            if rows:
                self.insert(table, rows)

    def sql(self, statement: str) -> None:
        with self._connect() as con:
            con.execute("create schema if not exists raw")
            con.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer's rows."""
        with self._connect(read_only=True) as con:
            return con.execute(query).fetchall()

    def rows_by_table(self, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """The sorted rows of each table, by one connection: to open one takes longer than to read most tables."""
        with self._connect(read_only=True) as con:
            return {table: con.execute(f"select * from {table} order by all").fetchall() for table in tables}

    def records(self, query: str) -> list[Row]:
        """The answer's rows, each by column name."""
        with self._connect(read_only=True) as con:
            cursor = con.execute(query)
            names = [d[0] for d in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def tables(self, *schemas: str) -> list[str]:
        """`schema.table` of every table and view in these schemas."""
        quoted = ", ".join(f"'{s}'" for s in schemas)
        found = self.rows(
            "select table_schema || '.' || table_name from information_schema.tables "
            f"where table_schema in ({quoted}) order by 1"
        )
        return [r[0] for r in found]

    def _connect(self, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        settings = {} if self.path.exists() else {"storage_compatibility_version": "v1.2.0"}
        con = duckdb.connect(str(self.path), read_only=read_only, config=settings)
        con.execute("set TimeZone = 'UTC'")
        return con

    def _environment(self, threads: int) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("DBT_", "CLM_"))}
        return kept | {
            "CLM_DATABASE": str(self.path),
            "CLM_RAW_FROM": self.raw_from,
            "CLM_THREADS": str(threads),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
