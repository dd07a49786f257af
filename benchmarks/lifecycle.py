"""`python -m benchmarks.lifecycle`: many customers; each lifecycle, retention and value mart beside its scan.

dbt makes customers' days; each model after them is made of dbt's own SQL, beside one scan of the columns it reads.
CPU seconds, so that a busy machine says nearly the same; only the ratios mean something on another one.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import duckdb
from clm_ml.console import say

from benchmarks import artifacts, limits, names, shop
from benchmarks.artifacts import Model, Project
from benchmarks.bench import Bench
from benchmarks.machine import described
from benchmarks.measure import ROOT

ROOMS = ("lifecycle", "retention", "value")
DATES = 6  # as-of dates: enough for what waits four months to mature
VARIABLES = ["--vars", json.dumps({"as_of_count": DATES})]
SELECTED = [word for room in ROOMS for word in ("--select", f"+path:models/marts/{room}")]


def statements(customers: int) -> list[str]:
    """One CREATE TABLE per raw table: about three orders and three visits a customer, over a year and a half."""
    return [
        shop._customers(shop.Size(customers * 810)),
        _orders(),
        shop._refunds(),
        shop._tickets(),
        _events(),
        _subscriptions(),
        _spend(),
    ]


def write_shop(path: Path, customers: int) -> None:
    """Fill schema raw of a new DuckDB file."""
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.2.0"}) as con:
        con.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set memory_limit = '4GB'")
        con.execute("create schema if not exists raw")
        con.execute(shop.DICE)
        for statement in statements(customers):
            con.execute(statement)
        con.execute("drop macro dice")


def _orders() -> str:
    """One to nine orders, a fortnight to three months apart, as far as the days reach; no lines."""
    return f"""
        create table raw.orders as
        with planned as (
            select customer_id, n, created_at + interval 1 second * cast(86400
                * (n + dice(customer_id, n, 7) / 2) * (14 + dice(customer_id, 5, 1) * 70) as bigint) as ordered_at
            from raw.customers, range(0, 8) as t(n)
            where n < 1 + cast(dice(customer_id, 6, 1) * dice(customer_id, 6, 2) * 16 as bigint)
        )
        select concat('o', customer_id, '-', n) as order_id, customer_id, ordered_at,
            case when dice(customer_id, n, 8) < 0.03 then 'cancelled' else 'completed' end as status,
            'web' as channel, 'EUR' as currency,
            cast(5 + dice(customer_id, n, 9) * 90 as decimal(18, 4)) as gross_amount,
            cast(0 as decimal(18, 4)) as discount_amount,
            cast(4.9 as decimal(18, 4)) as shipping_amount, cast(0 as decimal(18, 4)) as tax_amount,
            ordered_at + interval 1 minute as recorded_at,
            {shop.LOADED_AT} as loaded_at
        from planned where ordered_at < timestamp '{shop.FIRST_DAY}' + interval {shop.DAYS} day
        order by ordered_at
    """


def _events() -> str:
    """One to five visits a customer, known by name, each with a page and perhaps a product, a cart, a checkout."""
    return f"""
        create table raw.events as
        with visits as (
            select customer_id, v, dice(customer_id, v, 3) as depth, created_at + interval 1 second * cast(
                dice(customer_id, v, 1) * dice(customer_id, v, 2) * 300 * 86400 as bigint) as started_at
            from raw.customers, range(0, 5) as t(v)
            where v < 1 + cast(dice(customer_id, 7, 1) * 4 as bigint)
        )
        select concat('e', customer_id, '-', v, '-', n) as event_id,
            started_at + interval 1 minute * n as occurred_at,
            concat('d', customer_id) as anonymous_id, customer_id,
            case n when 0 then 'page_view' when 1 then 'product_view' when 2 then 'add_to_cart' else 'checkout' end
                as event_type,
            concat('/', n) as page_path, case when n = 0 and depth > 0.7 then 'cpc' end as utm_medium,
            {shop.LOADED_AT} as loaded_at
        from visits, range(0, 4) as t(n)
        where n <= cast(depth * depth * 3.4 as bigint)
            and started_at < timestamp '{shop.FIRST_DAY}' + interval {shop.DAYS} day
        order by occurred_at
    """


def _subscriptions() -> str:
    return f"""
        create table raw.subscriptions as
        select concat('s', customer_id) as subscription_id, customer_id, 'plus' as plan, created_at as started_at,
            case when dice(customer_id, 8, 2) < 0.4 then created_at + interval 90 day end as ended_at,
            cast(5 as decimal(18, 4)) as monthly_amount, {shop.LOADED_AT} as loaded_at
        from raw.customers where dice(customer_id, 8, 1) < 0.05
    """


def _spend() -> str:
    return f"""
        create table raw.marketing_spend as
        select cast(timestamp '{shop.FIRST_DAY}' + interval 1 day * d as date) as spend_date, channel,
            'always' as campaign_id,
            cast(1000 as decimal(18, 4)) as amount, {shop.LOADED_AT} as loaded_at
        from range({shop.DAYS}) as t(d), (values ('search'), ('mail')) as c(channel)
    """


def run(bench: Bench, customers: int, is_written: bool = False) -> dict[str, Any]:
    """Write the shop, let dbt make customers' days, then make each model after them and time it beside its scan."""
    if not is_written:
        bench.prepare()
        say(f"writing a shop of {customers:,} customers")
        write_shop(bench.warehouse, customers)
        say("making customers' days")
        bench.dbt("seed", "--select", "path:seeds/reference")
        after = [f"{name}+" for name in names.SMALL]
        bench.dbt("run", *SELECTED, *VARIABLES, "--exclude", *after)
        bench.dbt("run", *(word for name in names.SMALL for word in ("--select", f"+{name}")), *VARIABLES)
    bench.dbt("compile", *SELECTED, *VARIABLES)
    return {
        "machine": described(),
        "customers": customers,
        "as_of_dates": DATES,
        "raw_rows": _raw_rows(bench),
        "models": sorted(made(bench, chosen(artifacts.read(bench.target))), key=lambda row: -row["cpu"]),
    }


def chosen(project: Project) -> list[Model]:
    """What is made of customers' days and sessions, and of what is made of these, in the order it can be made in."""
    known = {project.model(name).relation for name in names.SMALL}
    begin = max(number for number, model in enumerate(project.models) if model.name in names.SMALL)
    models = []
    for model in project.models[begin + 1 :]:
        if known & set(model.inputs):
            known.add(model.relation)
            models.append(model)
    return models


def made(bench: Bench, models: list[Model]) -> list[dict[str, Any]]:
    """Each model made once, as dbt would write it, and then one scan of what it read: CPU seconds of this process."""
    found = []
    with duckdb.connect(str(bench.warehouse)) as con:
        con.execute(
            "set TimeZone = 'UTC'; set preserve_insertion_order = false; set memory_limit = '4GB'; set threads = 2"
        )
        for model in models:
            con.execute(f"create schema if not exists {model.schema}")
            kind = "table" if model.is_table else "view"
            cpu = _cpu(con, f"create or replace {kind} {model.relation} as {model.sql}")
            if model.is_table:
                found.append(_beside_its_scan(con, model, cpu))
    return found


def _beside_its_scan(con: duckdb.DuckDBPyConnection, model: Model, cpu: float) -> dict[str, Any]:
    shapes = {relation: _shape(con, relation) for relation in model.inputs}
    shapes = {relation: shape for relation, shape in shapes.items() if shape["columns"]}
    scan = sum(_cpu(con, limits.scan(relation, limits.columns(model, shape))) for relation, shape in shapes.items())
    say(f"  {model.name}: {cpu:.2f} CPU seconds, scan {scan:.2f}")
    return {
        "model": model.name,
        "rows_read": max((shape["rows"] for shape in shapes.values()), default=0),
        "rows_made": _shape(con, model.relation)["rows"],
        "cpu": round(cpu, 2),
        "scan_cpu": round(scan, 3),
        "ratio": round(cpu / max(scan, 0.01), 1),
    }


def _shape(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, Any]:
    """Rows and columns; no columns where a raw table is absent."""
    try:
        columns = [row[0] for row in con.execute(f"describe {relation}").fetchall()]
    except duckdb.CatalogException:
        return {"rows": 0, "columns": []}
    row = con.execute(f"select count(*) from {relation}").fetchone()
    return {"rows": row[0] if row else 0, "columns": columns}


def _cpu(con: duckdb.DuckDBPyConnection, statement: str) -> float:
    """Of all threads of this process."""
    started = time.process_time()
    con.execute(statement).fetchall()
    return time.process_time() - started


def _raw_rows(bench: Bench) -> dict[str, int]:
    with duckdb.connect(str(bench.warehouse), read_only=True) as con:
        tables = con.execute(
            "select table_name, estimated_size from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
    return {name: rows for name, rows in sorted(tables) if not name.startswith("load_")}


def as_markdown(found: dict[str, Any], least: float = 0.5) -> str:
    """The table of docs/scale.md: models above `least` CPU seconds, the others in one line."""
    lines = ["| model | reads rows | makes rows | CPU seconds | one scan | ratio |", "|---|---:|---:|---:|---:|---:|"]
    for row in found["models"]:
        if row["cpu"] >= least:
            lines.append(
                f"| `{row['model']}` | {row['rows_read']:,} | {row['rows_made']:,} | {row['cpu']:.1f} "
                f"| {row['scan_cpu']:.2f} | {row['ratio']:.0f} |"
            )
    rest = [row["cpu"] for row in found["models"] if row["cpu"] < least]
    return "\n".join([*lines, f"| {len(rest)} others together | | | {sum(rest):.1f} | | |"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lifecycle", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "benchmarks" / "lifecycle")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "lifecycle.json")
    parser.add_argument(
        "--again", action="store_true", help="time the models anew on the customers' days made before"
    )
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    found = run(Bench(asked.work.resolve()), asked.customers, asked.again)
    asked.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(as_markdown(found))


if __name__ == "__main__":
    main()
