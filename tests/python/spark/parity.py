"""Compares what the same models made on DuckDB and on Spark: every public table, row by row.

python tests/python/spark/parity.py DUCKDB_FILE SPARK_FOLDER MANIFEST prints the report as Markdown; exit 1 where
anything differs. Doubles may differ by 1e-9 (of 1, or of themselves), everything else is equal.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

PUBLIC = ("features", "labels", "marts", "quality", "predictions")
CLOCKS = {"scored_at", "trained_at", "fit_seconds", "score_seconds_per_1000"}  # differ between two runs of one engine
NEAR = 1e-9
SHOWN = 3


@dataclass
class Comparison:
    """What became of one table."""

    name: str
    rows: int = 0
    columns: int = 0
    differences: list[str] = field(default_factory=list)


def public_tables(manifest: dict[str, Any]) -> dict[str, list[str]]:
    """`schema.table` of every public model, with the columns of its grain."""
    grains = {
        node["attached_node"]: node["test_metadata"]["kwargs"]["columns"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "unique_grain"
    }
    models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["schema"] in PUBLIC]
    return {f"{n['schema']}.{n['name']}": [_column(c) for c in grains[n["unique_id"]]] for n in models}


def _column(part: str) -> str:
    """The column a part of a grain is made of: `last_day` of `coalesce(last_day, -1)`."""
    return part.removeprefix("coalesce(").split(",")[0]


def compare(name: str, grain: list[str], ours: pa.Table, theirs: pa.Table) -> Comparison:
    """Rows by their grain, then column by column."""
    done = Comparison(name, ours.num_rows, ours.num_columns)
    if set(ours.column_names) != set(theirs.column_names):
        done.differences.append(f"columns {sorted(set(ours.column_names) ^ set(theirs.column_names))}")
        return done
    if ours.num_rows != theirs.num_rows:
        done.differences.append(f"{ours.num_rows} rows on DuckDB, {theirs.num_rows} on Spark")
        return done
    left, right = (table.sort_by([(column, "ascending") for column in grain]) for table in (ours, theirs))
    for column in left.column_names:
        if column not in CLOCKS:
            done.differences += different(column, left.column(column), right.column(column), left.select(grain))
    return done


def different(column: str, left: pa.ChunkedArray, right: pa.ChunkedArray, keys: pa.Table) -> list[str]:
    """The cells of a column that are not the same, the first few of them in words."""
    if pa.types.is_floating(left.type):
        a, b = (np.asarray(side.to_numpy(), dtype=float) for side in (left, right))
        wrong = ~np.isclose(a, b, rtol=NEAR, atol=NEAR, equal_nan=True)
    else:
        wrong = np.array([a != b for a, b in zip(left.to_pylist(), right.to_pylist(), strict=True)], dtype=bool)
    places = np.flatnonzero(wrong)
    words = [
        f"{column} at {list(keys.slice(int(at), 1).to_pylist()[0].values())}: {left[int(at)]} and {right[int(at)]}"
        for at in places[:SHOWN]
    ]
    return words + [f"{column}: one more"] * (len(places) - len(words))


def duckdb_tables(path: Path, names: list[str]) -> dict[str, pa.Table]:
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return {name: con.execute(f"select * from {name}").to_arrow_table() for name in names}


def spark_tables(folder: Path, names: list[str]) -> dict[str, pa.Table]:
    os.environ.update(CLM_SPARK_WAREHOUSE=str(folder), DBT_TARGET="spark")
    from clm_ml.project import profile_target
    from clm_ml.spark import open_session

    warehouse = open_session(profile_target("spark"))
    return {name: without_zones(warehouse.session.table(name).toArrow()) for name in names}


def without_zones(table: pa.Table) -> pa.Table:
    """Instants as UTC without a zone."""
    fields = [f.with_type(pa.timestamp("us")) if pa.types.is_timestamp(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def compare_all(path: Path, folder: Path, manifest: dict[str, Any]) -> list[Comparison]:
    """Every public table of the two warehouses."""
    grains = public_tables(manifest)
    ours, theirs = duckdb_tables(path, list(grains)), spark_tables(folder, list(grains))
    return [compare(name, grain, ours[name], theirs[name]) for name, grain in sorted(grains.items())]


def as_markdown(found: list[Comparison]) -> str:
    """The report."""
    differences = sum(len(one.differences) for one in found)
    lines = [
        "# DuckDB and Spark, row by row",
        "",
        f"{len(found)} tables, {sum(one.rows for one in found):,} rows, {differences} differences.",
        "",
        "| table | rows | columns | differences |",
        "|---|---:|---:|---:|",
        *(f"| `{one.name}` | {one.rows:,} | {one.columns} | {len(one.differences)} |" for one in found),
    ]
    for one in found:
        lines += [f"\n{one.name}"] * bool(one.differences) + [f"- {words}" for words in one.differences[:10]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    file, folder, manifest = (Path(word) for word in sys.argv[1:4])
    everything = compare_all(file, folder.resolve(), json.loads(manifest.read_text(encoding="utf-8")))
    print(as_markdown(everything))
    sys.exit(any(one.differences for one in everything))
