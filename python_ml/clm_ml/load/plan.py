"""What will be read from each file, settled before the warehouse is opened: its hash, its header, its columns."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clm_ml.console import say
from clm_ml.errors import DataRefused, UsageError
from clm_ml.load.lines import Fingerprint, fingerprint, header_of
from clm_ml.load.mapping import Column, Mapping, for_file
from clm_ml.load.types import literal
from clm_ml.project import RawTable


@dataclass(frozen=True)
class Plan:
    """One file, the mapping as it applies to it, and where in its header each column stands (None: nowhere)."""

    path: Path
    content: Fingerprint
    mapping: Mapping
    header: tuple[str, ...]
    has_header: bool
    positions: dict[str, int | None]
    landed_types: dict[str, str]


def plan_file(path: Path, mapping: Mapping, contract: Dict[str, RawTable]) -> Plan:
    """Raises UsageError where there is no such file, DataRefused where a required column is missing."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}", "check the path; folders are given as FOLDER/*.csv")
    mapping = for_file(mapping, path.name, contract)
    content = fingerprint(path)
    types: Sequence[str] = ()
    if content.is_parquet:
        header, types, has_header = *_parquet_header(path), False
    else:
        header, has_header = header_of(path.name, content.head, mapping.format)
        types = ["VARCHAR"] * len(header)
    positions = _positions(path.name, mapping, header)
    landed = {name: types[at] for name, at in positions.items() if at is not None}
    _say_unknown(path.name, header, set(positions.values()))
    return Plan(path, content, mapping, tuple(header), has_header, positions, landed)


def parquet_source(path: Path) -> str:
    """SQL that reads one Parquet file, with its rows numbered from 0 in file_row_number."""
    return f"read_parquet([{literal(str(path))}], file_row_number = true)"


def _parquet_header(path: Path) -> tuple[list[str], list[str]]:
    import duckdb

    try:
        with duckdb.connect() as con:
            rows = con.execute(f"describe select * exclude (file_row_number) from {parquet_source(path)}").fetchall()
    except duckdb.Error as error:
        raise DataRefused(f"{path.name} cannot be read as Parquet: {error}", "write or fetch it again") from error
    return [row[0] for row in rows], [row[1] for row in rows]


def _positions(file_name: str, mapping: Mapping, header: Sequence[str]) -> dict[str, int | None]:
    names = [_same(name) for name in header]
    positions = {column.name: _position(file_name, column, names) for column in mapping.columns}
    missing = [c for c in mapping.columns if c.required and positions[c.name] is None]
    if missing:
        wanted = "; ".join(f"{c.name} (as {' or '.join(map(repr, c.headers))})" for c in missing)
        raise DataRefused(
            f"{file_name} lacks required columns: {wanted}. Its header has: {', '.join(map(repr, header))}",
            "nothing was loaded; name the column with --column NAME=HEADER, or in a mapping of your own",
        )
    return positions


def _position(file_name: str, column: Column, names: Sequence[str]) -> int | None:
    for wanted in map(_same, column.headers):
        if names.count(wanted) > 1:
            raise DataRefused(f"{file_name} has the column {wanted!r} {names.count(wanted)} times", "rename one")
        if wanted in names:
            return names.index(wanted)
    return None


def _same(name: str) -> str:
    return name.strip().casefold()


def _say_unknown(file_name: str, header: Sequence[str], used: set[int | None]) -> None:
    unknown = [name for at, name in enumerate(header) if at not in used]
    if unknown:
        say(f"{file_name}: columns that the mapping does not name are not loaded: {', '.join(unknown)}")
