"""`python -m benchmarks.lifecycle`: many customers; each lifecycle, retention and value mart beside its scan.

Times: what dbt took (wall), and in a process of its own the CPU seconds of the model's SQL and of one scan of the
columns that it reads. Only the ratios mean something on another machine.
"""

from __future__ import annotations

import argparse
import json
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


def run(bench: Bench, customers: int) -> dict[str, Any]:
    """Write the shop, build it once, and time each model beside its scan."""
    bench.prepare()
    say(f"writing a shop of {customers:,} customers")
    write_shop(bench.warehouse, customers)
    say("building it")
    bench.dbt("seed", "--select", "path:seeds/reference")
    bench.dbt("run", *SELECTED, "--vars", json.dumps({"as_of_count": DATES}))
    project = artifacts.read(bench.target)
    found = [
        _measured(bench, model, shapes) for shapes in [limits.shapes_of(bench, project)] for model in chosen(project)
    ]
    return {
        "machine": described(),
        "customers": customers,
        "as_of_dates": DATES,
        "raw_rows": _raw_rows(bench),
        "seconds_of_all_models": round(sum(model.seconds for model in project.models), 1),
        "models": sorted(found, key=lambda row: -row["cpu"]),
    }


def chosen(project: Project) -> list[Model]:
    """The marts, and what is made for them only: tables made of customers' days or of what is made of these."""
    made = {project.model(name).relation for name in names.SMALL}
    models = []
    for model in project.models:
        if made & set(model.inputs):
            made.add(model.relation)
            if model.is_table and model.room in ("intermediate", "marts"):
                models.append(model)
    return models


def _measured(bench: Bench, model: Model, shapes: limits.Shapes) -> dict[str, Any]:
    inputs = [relation for relation in model.inputs if relation in shapes]
    took = bench.statements([f"create table scratch.made as {model.sql}", limits.CHECKPOINT])
    scans = [limits.scan(relation, limits.columns(model, shapes[relation])) for relation in inputs]
    scan = bench.statements(scans) if scans else took
    say(f"  {model.name}: {took.cpu:.2f} CPU seconds, scan {scan.cpu:.2f}")
    return {
        "model": model.name,
        "rows_read": max((int(shapes[relation]["rows"]) for relation in inputs), default=0),
        "rows_made": int(shapes[model.relation]["rows"]),
        "dbt_seconds": round(model.seconds, 2),
        "cpu": round(took.cpu, 2),
        "scan_cpu": round(scan.cpu, 2),
        "ratio": round(took.cpu / max(scan.cpu, 0.01), 1),
    }


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
    asked = parser.parse_args()
    found = run(Bench(asked.work.resolve()), asked.customers)
    asked.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(as_markdown(found))


if __name__ == "__main__":
    main()
