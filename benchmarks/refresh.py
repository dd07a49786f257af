"""A refresh against the full build of the same rows: what it costs, and that it gives the same tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks import names
from benchmarks.bench import Bench
from benchmarks.builds import Commands
from benchmarks.measure import median
from benchmarks.shop import DAYS, FIRST_DAY

LAST_DAY = f"date '{FIRST_DAY}' + interval {DAYS - 1} day"


@dataclass(frozen=True)
class Arrival:
    """Rows that are held back, and come later as one load batch."""

    name: str
    words: str
    held: dict[str, str]  # raw table to the predicate of its rows
    repeats: int = 3  # `dbt run` after it, and of an empty warehouse in turn, are medians of so many


ARRIVALS = (
    Arrival(
        "newest",
        "the newest 1 % of events",
        {"events": "occurred_at > (select quantile_disc(occurred_at, 0.99) from raw.events)"},
        repeats=5,
    ),
    Arrival("late", "0.1 % of events, from anywhere in the past", {"events": "hash(event_id, 'late') % 1000 = 0"}),
    Arrival(
        "day",
        "one day of orders and their items",
        {
            "orders": f"ordered_at >= {LAST_DAY}",
            "order_items": 'order_id in (select order_id from held."day.orders")',
        },
    ),
)
KEYS = {"events": "event_id", "orders": "order_id", "order_items": "order_id"}


def prepare(bench: Bench, kept: str) -> dict[str, Any]:
    """Keep "base": the shop without the rows that come later. Says how many rows come with each arrival.

    Built, and refreshed once with nothing new, for what is measured is a refresh in a series of them.
    """
    bench.place(kept)
    held = {arrival.name: arrival.held for arrival in ARRIVALS}
    _, answer = bench.task("split", held=held, keys=KEYS)
    bench.dbt("build")
    bench.dbt("run")
    bench.keep("base")
    counts: dict[str, Any] = answer["counts"]
    return counts


def nothing_new(bench: Bench) -> Commands:
    """The fixed cost of a refresh: the same commands on a built warehouse where nothing has arrived."""
    bench.place("base")
    return {"run": bench.dbt("run"), "build": bench.dbt("build")}


def measured(bench: Bench, arrival: Arrival) -> tuple[Commands, dict[str, str]]:
    """`dbt run` and `dbt build` after the arrival, each on its own copy; where they differ from a full refresh."""
    used: Commands = {}
    bench.place("base")
    bench.task("arrive", set=arrival.name, tables=list(arrival.held))
    bench.keep("arrived")
    runs, empty = [], []
    # in turn with the empty warehouse, for what dbt takes anyway differs from one minute to the next
    for _ in range(arrival.repeats):
        bench.place("empty")
        empty.append(bench.dbt("run", "--full-refresh"))
        bench.place("arrived")
        runs.append(bench.dbt("run"))
    used["run"], used["empty run"] = median(runs), median(empty)
    refreshed = _tables(bench)
    bench.clear()
    used["empty build"] = bench.dbt("build")
    bench.place("arrived")
    used["build"] = bench.dbt("build")
    built = _tables(bench)
    bench.place("arrived")
    used["full run"] = bench.dbt("run", "--full-refresh")
    whole = _tables(bench)
    bench.drop("arrived")
    return used, differences(whole, {"run": refreshed, "build": built})


def differences(whole: dict[str, Any], others: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Tables that are not what the full refresh made them, with both row counts; empty where all agree."""
    if not whole:
        raise ValueError("the full refresh made no table to compare with")
    return {
        f"{table} after dbt {command}": f"{_rows(tables, table)} rows, full refresh {_rows(whole, table)}"
        for command, tables in others.items()
        for table in sorted({*whole, *tables})
        if whole.get(table) != tables.get(table)
    }


def compared(
    arrival: Arrival, rows: dict[str, int], used: Commands, nothing_new: Commands, whole: Commands
) -> list[dict[str, Any]]:
    """Per command its cost beyond the empty warehouse's, and beyond "nothing new", against the full build's.

    `used` has each command after the arrival, and "empty run" and "empty build" in turn with it.
    """
    empty = {name: used[f"empty {name}"] for name in ("run", "build")}
    return [
        {
            "arrival": arrival.words,
            "rows": rows,
            "command": f"dbt {name}",
            "took": used[name].as_dict(),
            "nothing_new": nothing_new[name].as_dict(),
            "full": whole[name].as_dict(),
            "empty": empty[name].as_dict(),
            "to_full": used[name].beyond(empty[name]).per(whole[name].beyond(empty[name])),
            "beyond_nothing_new": used[name].beyond(nothing_new[name]).per(whole[name].beyond(empty[name])),
        }
        for name in ("run", "build")
    ]


def _rows(tables: dict[str, Any], table: str) -> str:
    return f"{tables[table][0]:,}" if table in tables else "no"


def _tables(bench: Bench) -> dict[str, Any]:
    _, answer = bench.task("fingerprints", schemas=names.COMPARED_SCHEMAS)
    tables: dict[str, Any] = answer["tables"]
    return tables
