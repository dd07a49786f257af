"""Files into temp.landed: one row per record as it stands in the file, its number, its text, what is wrong."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clm_ml.console import progress
from clm_ml.errors import ClmError
from clm_ml.load.lines import BLOCK_BYTES, LineReader, Records
from clm_ml.load.plan import Plan, parquet_source
from clm_ml.load.types import quoted

if TYPE_CHECKING:
    import duckdb


def land_text(con: duckdb.DuckDBPyConnection, plan: Plan) -> tuple[int, int]:
    """All records of a text file. Returns how many lines were header and how many blank."""
    reader = LineReader(plan.path, plan.mapping.format, len(plan.header), plan.has_header)
    at = {name: position for name, position in plan.positions.items() if position is not None}
    columns = "".join(f", {quoted(name)} varchar" for name in at)
    always = "line_number bigint, line_span bigint, line_text varchar, problem varchar"
    con.execute(f"create temp table landed ({always}{columns})")
    blocks = 1 + plan.content.byte_count // BLOCK_BYTES
    with _collector_paused():
        for records in progress(reader, f"{plan.path.name}, blocks of 4 MB", blocks):
            con.register("landed_block", _arrow(records, at))
            con.execute("insert into landed select * from landed_block")
            con.unregister("landed_block")
    if reader.sha256 != plan.content.sha256:
        raise ClmError(f"{plan.path.name} changed while it was read; nothing was loaded", "load it again")
    return reader.header_count, reader.blank_count


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Millions of short lists without a cycle among them: looking for cycles would more than double the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def land_parquet(con: duckdb.DuckDBPyConnection, plan: Plan) -> int:
    """All rows of a Parquet file, numbered from 1. Returns how many there are."""
    columns = "".join(
        f", source.{quoted(plan.header[position])} as {quoted(name)}"
        for name, position in plan.positions.items()
        if position is not None
    )
    row = con.execute(
        f"create temp table landed as select file_row_number + 1 as line_number, cast(1 as bigint) as line_span, "
        f"cast(to_json(source) as varchar) as line_text, cast(null as varchar) as problem{columns} "
        f"from {parquet_source(plan.path)} as source"
    ).fetchone()
    return int(row[0]) if row else 0


def _arrow(records: Records, at: dict[str, int]) -> Any:
    import pyarrow as pa

    arrays = {
        "line_number": pa.array(records.numbers, pa.int64()),
        "line_span": pa.array(records.spans, pa.int64()),
        "line_text": pa.array([_printable(text) for text in records.texts], pa.string()),
        "problem": pa.array(records.problems, pa.string()),
    }
    for name, values in _columns(records, at).items():
        arrays[f"column_{name}"] = pa.array(values, pa.string())
    return pa.table(arrays)


def _columns(records: Records, at: dict[str, int]) -> dict[str, Sequence[str | None]]:
    whole = [fields for fields in records.fields if fields is not None]
    if whole and len(whole) == len(records.fields):
        turned = list(zip(*whole, strict=True))  # three times as fast as picking fields one by one
        return {name: turned[position] for name, position in at.items()}
    return {name: [f[position] if f else None for f in records.fields] for name, position in at.items()}


def _printable(text: str) -> str:
    return text.replace("\0", "\\x00") if "\0" in text else text
