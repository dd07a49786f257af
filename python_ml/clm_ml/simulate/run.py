"""Simulates block by block and streams every table to its file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from clm_ml.console import progress, say
from clm_ml.errors import UsageError
from clm_ml.project import raw_tables
from clm_ml.simulate import columns as col
from clm_ml.simulate.clicks import draw_clicks, draw_visits, event_table
from clm_ml.simulate.commerce import (
    Orders,
    Refunds,
    draw_orders,
    draw_refunds,
    order_tables,
    pending_refunds,
    service_tables,
)
from clm_ml.simulate.contact import EPOCH, campaign_tables, message_tables
from clm_ml.simulate.files import TableFile
from clm_ml.simulate.people import CHANNELS, RESPONSES, People, draw_people
from clm_ml.simulate.process import NEVER, History, live
from clm_ml.simulate.registry import customers_table, erasures_table, products_table, subscriptions_table
from clm_ml.simulate.shop import BLOCK_CUSTOMERS, Shop
from clm_ml.simulate.steps import with_steps
from clm_ml.simulate.truth import expectations

FORMATS = ("parquet", "csv")
TRUTH = {
    "truth_customers": {
        "customer_id": "string",
        "as_of_date": "date",
        "is_alive": "boolean",
        "probability_no_order": "double",
        "expected_value": "double",
    },
    "truth_traits": {
        "customer_id": "string",
        "left_date": "date",
        "order_rate": "double",
        "leave_rate": "double",
        "bad_order_rate": "double",
        "price_sensitivity": "double",
        "response": "string",
        "channel": "string",
    },
}
Tables = dict[str, dict[str, col.Column]]


def simulate(shop: Shop, folder: Path, file_format: str = "parquet", overwrite: bool = False) -> dict[str, int]:
    """Write the raw tables to `folder` and the truth to `folder`/truth; rows by table.

    Raises UsageError for an unknown format or a folder that already holds something.
    """
    _check_folder(folder, file_format, overwrite)
    files = _open_files(folder, file_format)
    for tables in _blocks(shop, files):
        for name, columns in tables.items():
            files[name].write(columns)
    for file in files.values():
        file.finish()
    return {name: file.rows for name, file in files.items()}


def _check_folder(folder: Path, file_format: str, overwrite: bool) -> None:
    if file_format not in FORMATS:
        raise UsageError(f"{file_format!r} is no format of simulate", f"choose one of: {', '.join(FORMATS)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not overwrite:
        raise UsageError(f"{folder} is not an empty folder", "choose another --out, or pass --overwrite")


def _open_files(folder: Path, file_format: str) -> dict[str, TableFile]:
    """A file per table of the contract (without loaded_at, which loading adds), and those of the truth apart."""
    truth = folder / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    files = {}
    for table in raw_tables().values():
        types = {name: t for name, t in table.columns.items() if name != "loaded_at"}
        files[table.name] = TableFile(folder, table.name, types, file_format)
    return files | {name: TableFile(truth, name, types, file_format) for name, types in TRUTH.items()}


def _blocks(shop: Shop, files: dict[str, TableFile]) -> Iterator[Tables]:
    yield {"products": products_table(shop), **campaign_tables(shop)}
    first_numbers = range(1, shop.customers + 1, BLOCK_CUSTOMERS)
    say(f"simulating {shop.customers} customers, {shop.start_date} to {shop.end_date}, seed {shop.seed}")
    counts = {"orders": 1, "events": 1, "messages": 1, "tickets": 1, "subscriptions": 1}
    for first in progress(first_numbers, f"blocks of {BLOCK_CUSTOMERS} customers"):
        yield _block(shop, first, min(BLOCK_CUSTOMERS, shop.customers + 1 - first), counts)


def _block(shop: Shop, first: int, count: int, counts: dict[str, int]) -> Tables:
    """All tables of one block of customers; `counts` holds the next number of each kind of identifier."""
    rng = np.random.default_rng([shop.seed, 3, first])
    people = draw_people(shop, first, count, rng)
    history = live(shop, people, rng)
    orders = draw_orders(shop, people, history, counts["orders"], rng)
    refunds = draw_refunds(shop, orders, rng)
    service, ticket_count = service_tables(
        shop, people, orders, counts["tickets"], rng, np.random.default_rng([shop.seed, 5, first])
    )
    messages, *clicks = message_tables(shop, people, history, counts["messages"], rng)
    visits = draw_visits(shop, people, history, orders, (clicks[0], clicks[1], clicks[2]), rng)
    clicks_drawn = draw_clicks(shop, visits, rng)
    clicks_made = with_steps(shop, people, visits, clicks_drawn, np.random.default_rng([shop.seed, 4, first]))
    events, event_count = event_table(shop, people, visits, clicks_made, counts["events"])
    subscriptions, subscription_count = subscriptions_table(shop, people, history, counts["subscriptions"], rng)
    tables = {
        "customers": customers_table(shop, people, rng),
        **order_tables(shop, people, orders, refunds, rng),
        **service,
        **messages,
        "events": events,
        "subscriptions": subscriptions,
        "erasure_requests": erasures_table(shop, people, history, rng),
        **_truth_tables(shop, people, history, orders, refunds),
    }
    counts["orders"] += len(orders.at)
    counts["tickets"] += ticket_count
    counts["messages"] += len(messages["campaign_messages"]["message_id"])
    counts["events"] += event_count
    counts["subscriptions"] += subscription_count
    return tables


def _truth_tables(shop: Shop, people: People, history: History, orders: Orders, refunds: Refunds) -> Tables:
    snapshots = [_truth_at(shop, people, history, orders, refunds, day) for day in shop.as_of_days]
    tables: Tables = {"truth_traits": _traits(shop, people, history)}
    if snapshots:
        parts = {name: [s[name] for s in snapshots] for name in TRUTH["truth_customers"]}
        tables["truth_customers"] = {name: pa.concat_arrays(columns) for name, columns in parts.items()}
    return tables


def _truth_at(
    shop: Shop, people: People, history: History, orders: Orders, refunds: Refunds, day: int
) -> dict[str, col.Column]:
    """The customers known at the end of a day, test customers apart: nothing they order counts."""
    state = history.states[day]
    probability, value = expectations(shop, people, state, day)
    value = value - pending_refunds(shop, people, orders, refunds, day)
    who = np.flatnonzero((people.signup_day <= day) & ~people.is_test)
    return {
        "customer_id": col.customer_ids(people.number[who]),
        "as_of_date": col.day(np.full(len(who), (shop.start_date - EPOCH).days + day)),
        "is_alive": col.flag(state.here[who]),
        "probability_no_order": pa.array(np.round(np.clip(probability[who], 0, 1), 8)),
        "expected_value": pa.array(np.round(value[who], 4)),
    }


def _traits(shop: Shop, people: People, history: History) -> dict[str, col.Column]:
    return {
        "customer_id": col.customer_ids(people.number),
        "left_date": col.day((shop.start_date - EPOCH).days + history.left_day, history.left_day < NEVER),
        "order_rate": pa.array(np.round(people.order_rate, 8)),
        "leave_rate": pa.array(np.round(people.leave_rate, 8)),
        "bad_order_rate": pa.array(np.round(people.bad_order_rate, 8)),
        "price_sensitivity": pa.array(np.round(people.price_sensitivity, 8)),
        "response": col.chosen(RESPONSES, people.response),
        "channel": col.chosen(CHANNELS, people.channel),
    }
