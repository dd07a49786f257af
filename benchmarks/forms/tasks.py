"""Tasks of benchmarks.child: make the rows of a heavy step in one form, and hold them against the model's."""

from __future__ import annotations

from typing import Any

from benchmarks.child import Meter
from benchmarks.forms import STEPS
from benchmarks.forms.step import HeavyStep, Reader

Request = dict[str, Any]
Answer = dict[str, Any]


def form(request: Request) -> Answer:
    """Write the rows of `step` as Parquet to `path`, in a form of FORMS."""
    return FORMS[request["form"]](STEPS[request["step"]], request)


def differences(request: Request) -> Answer:
    """How many rows the file has, the sum of the column that is summed, and rows that only it or the model has.

    Values are compared as the model's types, so amounts in their four digits.
    """
    from benchmarks.tasks import opened

    step = STEPS[request["step"]]
    with opened(request) as con, Meter() as meter:
        types = {line[0]: line[1] for line in con.execute(f"describe select * from {request['model']}").fetchall()}
        cast = ", ".join(f"cast({name} as {types[name]}) as {name}" for name in step.compared)
        made = f"select {cast} from '{request['path']}'"
        model = f"select {', '.join(step.compared)} from {request['model']}"
        different, rows, summed = con.execute(
            f"""
            select
                (select count(*) from (({made}) except all ({model})) as more)
                + (select count(*) from (({model}) except all ({made})) as less),
                count(*),
                {f"cast(sum({step.summed}) as bigint)" if step.summed else "null"}
            from '{request["path"]}'
            """
        ).fetchone() or (0, 0, None)
    return {"used": meter.used, "different": different, "rows": rows, "summed": summed}


def _in_sql(step: HeavyStep, request: Request) -> Answer:
    """On the tables of a DuckDB file; reading is every value read once, measured by itself."""
    from benchmarks.limits import scan
    from benchmarks.tasks import opened

    with opened(request) as con:
        with Meter() as reading:
            for name, (_, columns) in step.inputs.items():
                con.execute(scan(request["tables"][name], list(columns))).fetchone()
        with Meter() as meter:
            con.execute(f"copy ({step.sql.format(**request['tables'])}) to '{request['path']}' (format parquet)")
    return {"used": meter.used, "reading": reading.used}


def _in_polars(step: HeavyStep, request: Request) -> Answer:
    """Reading the Parquet copies counts."""
    import polars as pl

    def rows(path: str, columns: list[str], where: Any = True) -> Any:
        return pl.scan_parquet(path).filter(where).select(columns).collect()

    read = Reader(rows, request["copies"])
    with Meter() as meter:
        step.in_polars(read).write_parquet(request["path"])
    return {"used": meter.used, "reading": read.used}


def _in_pandas(step: HeavyStep, request: Request) -> Answer:
    """Reading the Parquet copies counts."""
    import pandas as pd

    read = Reader(pd.read_parquet, request["copies"])
    with Meter() as meter:
        step.in_pandas(read).to_parquet(request["path"])
    return {"used": meter.used, "reading": read.used}


FORMS = {"DuckDB SQL by hand": _in_sql, "Polars": _in_polars, "pandas": _in_pandas}
