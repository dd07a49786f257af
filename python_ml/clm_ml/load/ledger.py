"""The ledger, raw.load_files and raw.load_rejects: what was loaded, when, and that the lines add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jinja2

from clm_ml.errors import ClmError
from clm_ml.load.mapping import Mapping
from clm_ml.project import project_dir

if TYPE_CHECKING:
    import duckdb


@dataclass
class FileResult:
    """What became of one file. The counts are physical lines (rows, for Parquet)."""

    file_name: str
    sha256: str
    status: str = "loaded"
    line_count: int = 0
    header_count: int = 0
    blank_count: int = 0
    accepted_count: int = 0
    quarantined_count: int = 0
    duplicate_count: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Every line is accounted for, or nothing is written."""
        found = self.header_count + self.blank_count + self.accepted_count
        found += self.quarantined_count + self.duplicate_count
        if found != self.line_count:
            raise ClmError(
                f"{self.file_name} has {self.line_count} lines, {found} are accounted for; nothing was loaded",
                "this is a fault of clm-ml or of the mapping's rules: please report it",
            )


def create_ledger(con: duckdb.DuckDBPyConnection) -> None:
    """The same statements that dbt runs on-run-start: macros/create_load_tables.sql is their one place."""
    text = (project_dir() / "macros" / "create_load_tables.sql").read_text(encoding="utf-8")
    macros = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(text).module
    for statement in str(macros.load_tables_ddl()).split(";"):  # type: ignore[attr-defined]
        con.execute(statement)


def next_loaded_at(con: duckdb.DuckDBPyConnection) -> datetime:
    """Now in UTC, but later than every load before it."""
    now = datetime.now(UTC).replace(tzinfo=None)
    row = con.execute(
        "select greatest(cast(? as timestamp), max(loaded_at) + interval 1 microsecond) from raw.load_files", [now]
    ).fetchone()
    assert row is not None
    loaded_at: datetime = row[0]
    return loaded_at


def is_loaded(con: duckdb.DuckDBPyConnection, sha256: str, mapping: Mapping) -> bool:
    """Whether this content was loaded before by a mapping that says the same."""
    row = con.execute(
        "select count(*) from raw.load_files where file_sha256 = ? and mapping_sha256 = ?", [sha256, mapping.sha256]
    ).fetchone()
    return bool(row and row[0])


def write_entry(con: duckdb.DuckDBPyConnection, result: FileResult, mapping: Mapping, loaded_at: datetime) -> None:
    """One row of raw.load_files, after the lines have been added up."""
    result.check()
    con.execute(
        "insert into raw.load_files by name select ? as file_name, ? as file_sha256, ? as mapping_name, "
        "? as mapping_sha256, ? as loaded_at, ? as line_count, ? as header_count, ? as blank_count, "
        "? as accepted_count, ? as quarantined_count, ? as duplicate_count",
        [
            result.file_name,
            result.sha256,
            mapping.name,
            mapping.sha256,
            loaded_at,
            result.line_count,
            result.header_count,
            result.blank_count,
            result.accepted_count,
            result.quarantined_count,
            result.duplicate_count,
        ],
    )
