"""Writes tables block by block into one file each, in the columns of the contract."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from clm_ml.errors import ClmError
from clm_ml.simulate.columns import Column, empty


class TableFile:
    """One table on its way to disk; it has its name only once it is complete."""

    def __init__(self, folder: Path, name: str, types: dict[str, str], file_format: str) -> None:
        self.path = folder / f"{name}.{file_format}"
        self.part = folder / f"{name}.{file_format}.part"
        self.types = types
        self.rows = 0
        self._is_csv = file_format == "csv"
        self._writer: Any = None

    def write(self, columns: dict[str, Column]) -> None:
        """Add rows. Columns that are not given are NULL; one the contract does not know is an error."""
        unknown = set(columns) - set(self.types)
        if unknown:
            raise ClmError(
                f"{self.path.name} has no column {sorted(unknown)}", "compare with the raw tables' contract"
            )
        rows = len(next(iter(columns.values())))
        table = pa.table({n: columns[n] if n in columns else empty(t, rows) for n, t in self.types.items()})
        self.rows += rows
        if self._is_csv:
            self._write_csv(table)
        else:
            self._write_parquet(table)

    def finish(self) -> None:
        if self._writer is not None:
            self._writer.close()
            os.replace(self.part, self.path)

    def _write_parquet(self, table: Any) -> None:
        if self._writer is None:
            self._writer = pa.parquet.ParquetWriter(self.part, table.schema, compression="zstd")
        self._writer.write_table(table)

    def _write_csv(self, table: Any) -> None:
        if self._writer is None:
            self._writer = self.part.open("wb")
            self._writer.write((",".join(self.types) + "\n").encode())
        text = pa.table({name: as_text(table[name]) for name in table.column_names})
        options = pa.csv.WriteOptions(include_header=False, quoting_style="none")  # raises on a comma or a quote
        pa.csv.write_csv(text, self._writer, options)


def as_text(column: Column) -> Column:
    """ISO instants without a zone (they are UTC), true/false, plain decimals."""
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%S")
    return column.cast(pa.string())
