"""One large build under a memory limit: time per model, peak memory, what was spilled, the size of the file; and what
a refresh costs after it, when one per cent more events have come."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from clm_ml.console import say

from benchmarks import artifacts, builds, refresh
from benchmarks.bench import Bench
from benchmarks.machine import described
from benchmarks.measure import CommandFailed

MEMORY_LIMIT = "4GB"
NEWEST = refresh.ARRIVALS[0]  # held back, and come as one batch
EVERY = 0.5  # seconds between two looks at the spilled files


@dataclass
class Spill:
    """The most that stood in DuckDB's temporary folders beside the warehouse, looked at twice a second."""

    warehouse: Path
    most: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Spill:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        started, said = time.monotonic(), 0.0
        while not self._stop.wait(EVERY):
            self.most = max(self.most, size_of(self.warehouse.parent.glob("*.tmp/**/*")))
            elapsed = time.monotonic() - started
            if elapsed >= 10 and elapsed - said >= 30:
                said = elapsed
                file = self.warehouse.stat().st_size / 2**30 if self.warehouse.exists() else 0
                say(f"  {elapsed:.0f} s, file {file:.1f} GB, most spilled so far {self.most / 2**30:.1f} GB")


def size_of(paths: Any) -> int:
    """Bytes of these files; one that has gone meanwhile counts nothing."""
    total = 0
    for path in paths:
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def run(bench: Bench, events: int, out: Path) -> dict[str, Any]:
    """Write the shop, build it, refresh it, and write what was found to `out`, also where the build failed."""
    bench.prepare()
    say("an empty warehouse first: dbt's fixed cost")
    empty = builds.fixed_cost(bench, repeats=1)
    bench.clear()
    say(f"writing a shop of {events:,} events, and the one per cent that comes later")
    shop, _ = bench.task("write_shop", path=bench.warehouse, events=round(events / 0.99))
    bench.dbt("seed")
    _, split = bench.task("split", held={NEWEST.name: NEWEST.held}, keys=refresh.KEYS)
    raw_mb = bench.warehouse.stat().st_size / 2**20
    found: dict[str, Any] = {"machine": described(), "events": events, "memory_limit": bench.memory_limit,
                             "shop": shop.as_dict(), "raw_mb": round(raw_mb)}  # fmt: skip
    say(f"building it under {bench.memory_limit}")
    with Spill(bench.warehouse) as spill:
        found |= _built(bench)
    found |= {
        "spilled_mb": round(spill.most / 2**20),
        "database_mb": round(bench.warehouse.stat().st_size / 2**20),
        "models": _models(bench),
    }
    if found["is_built"]:
        found["refresh"] = {
            "rows": split["counts"][NEWEST.name]["events"],
            "empty": empty["run"].as_dict(),
            **_refreshed(bench),
        }
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def _refreshed(bench: Bench) -> dict[str, Any]:
    """`dbt run` where nothing is new, right after the build and again, after the newest events, and in full."""
    say("refreshing it: nothing new, twice, then the newest events, and all of it")
    first, nothing_new = bench.dbt("run"), bench.dbt("run")
    bench.task("arrive", set=NEWEST.name, tables=list(NEWEST.held))
    newest, models = bench.dbt("run"), _models(bench)
    full = bench.dbt("run", "--full-refresh")
    return {
        "first": first.as_dict(),
        "nothing_new": nothing_new.as_dict(),
        "newest": newest.as_dict(),
        "full": full.as_dict(),
        "models": models,
    }


def _built(bench: Bench) -> dict[str, Any]:
    try:
        return {"is_built": True, "build": bench.dbt("build").as_dict()}
    except CommandFailed as failed:
        return {"is_built": False, "error": str(failed)[-4000:]}


def _models(bench: Bench) -> dict[str, float]:
    try:
        project = artifacts.read(bench.target)
    except FileNotFoundError:
        return {}
    slowest = sorted(project.models, key=lambda model: -model.seconds)
    return {model.name: round(model.seconds, 2) for model in slowest if model.is_table}


def as_text(found: dict[str, Any]) -> str:
    """A few lines: what was built, and the slowest models."""
    took = found.get("build", {})
    head = [
        f"{found['events']:,} events under {found['memory_limit']}: {'built' if found['is_built'] else 'FAILED'}",
        f"wall {took.get('wall', 0):,.0f} s, CPU {took.get('cpu', 0):,.0f} s, peak {took.get('peak_mb', 0):,.0f} MB",
        f"raw {found['raw_mb']:,} MB, file {found['database_mb']:,} MB, most spilled {found['spilled_mb']:,} MB",
    ]
    if "refresh" in found:
        head.append(refresh_in_words(found))
    return "\n".join(head + [f"{built:>9} s {refreshed:>9} s  {name}" for name, built, refreshed in slowest(found)])


def refresh_in_words(found: dict[str, Any]) -> str:
    """One sentence: what a refresh took, beside the same command on an empty warehouse."""
    took = found["refresh"]
    empty, first, nothing_new, newest, full = (
        f"{took[name]['cpu']:,.0f} CPU seconds ({took[name]['wall']:,.0f} of wall time)"
        for name in ("empty", "first", "nothing_new", "newest", "full")
    )
    beyond = {name: took[name]["cpu"] - took["empty"]["cpu"] for name in ("newest", "full")}
    return (
        f"`dbt run` after it: {first} right after the build, {nothing_new} where nothing is new; {newest}, at most "
        f"{took['newest']['peak_mb']:,.0f} MB, after the newest one per cent, {took['rows']:,} more events; "
        f"{full} for a full refresh; {empty} on an empty warehouse. Beyond that the newest are "
        f"{beyond['newest'] / beyond['full']:.1%} of the full one."
    )


def slowest(found: dict[str, Any], count: int = 15) -> list[tuple[str, str, str]]:
    """The models that took longest in the build or in the refresh, with the wall seconds of both."""
    built, refreshed = found["models"], found.get("refresh", {}).get("models", {})
    longest = sorted({*built, *refreshed}, key=lambda name: -max(built.get(name, 0), refreshed.get(name, 0)))

    def words(seconds: float | None) -> str:
        return "" if seconds is None else f"{seconds:,.1f}"

    return [(name, words(built.get(name)), words(refreshed.get(name))) for name in longest[:count]]
