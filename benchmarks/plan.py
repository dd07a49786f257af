"""The steps of a run, in order: each measures one thing at one size and keeps what it found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import builds, learning, limits, names, others, refresh, sessions
from benchmarks.artifacts import Project
from benchmarks.bench import Bench
from benchmarks.builds import Commands
from benchmarks.clock import Clock
from benchmarks.limits import Shapes
from benchmarks.machine import described

SECTIONS = ("models", "sessions", "others", "builds", "learning", "refresh")
Record = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """How large, how often, and which sections."""

    sizes: tuple[int, ...]
    repeats: int = 3  # of statements
    build_repeats: int = 1  # of dbt commands at the smallest size, where they differ least; mostly 1 at larger ones
    sections: tuple[str, ...] = SECTIONS


@dataclass(frozen=True)
class Step:
    """One measurement, and about how many seconds it takes: so many, and so many more per million events."""

    words: str
    fixed: float
    per_million: float
    do: Callable[[], None]


@dataclass
class AtSize:
    """One size: what the steps share, and what they found."""

    bench: Bench
    events: int
    settings: Settings
    found: Record = field(default_factory=dict)
    empty: Commands = field(default_factory=dict)
    whole: Commands = field(default_factory=dict)
    project: Project = field(default_factory=lambda: Project((), (), ()))
    shapes: Shapes = field(default_factory=dict)

    @property
    def build_repeats(self) -> int:
        """How often a dbt command is measured at this size."""
        return self.settings.build_repeats if self.events == min(self.settings.sizes) else 1

    def make_shop(self) -> None:
        """Write the shop and the reference lists, and keep them as "raw"."""
        self.empty = builds.fixed_cost(self.bench, self.build_repeats)
        self.bench.clear()
        self.bench.task("write_shop", path=self.bench.warehouse, events=self.events)
        self.bench.dbt("seed")
        self.bench.keep("raw")

    def build(self) -> None:
        """The full build; what later steps need is read from it."""
        self.whole, self.project = builds.full(self.bench, "raw", self.build_repeats)
        self.shapes = limits.shapes_of(self.bench, self.project)
        self.found["database_mb"] = round(self.bench.warehouse.stat().st_size / 2**20)

    def measure_models(self) -> None:
        heavy = self.project.heavy(names.HEAVY_SHARE)
        heavy = tuple(model for model in heavy if any(relation in self.shapes for relation in model.inputs))
        limited = (limits.measured(self.bench, model, self.shapes, self.settings.repeats) for model in heavy)
        self.found["models"] = [limit.as_dict() for limit in limited]

    def measure_sessions(self) -> None:
        self.found["sessions"] = sessions.measured(self.bench, self.project, self.settings.repeats)

    def measure_others(self) -> None:
        self.found["others"] = others.measured(self.bench, self.project, self.settings.repeats)

    def measure_learning(self) -> None:
        self.found["learning"] = learning.measured(self.bench, self.build_repeats)

    def measure_builds(self) -> None:
        once = builds.read_and_write_once(self.bench, self.project, self.settings.repeats)
        plain = builds.raw_statements(self.bench, "raw", self.project)
        self.found["builds"] = builds.compared(self.empty, self.whole, plain, once)

    def measure_refreshes(self) -> None:
        rows = refresh.prepare(self.bench, "raw")
        nothing_new = refresh.nothing_new(self.bench)
        found: list[Record] = []
        different: dict[str, str] = {}
        for arrival in refresh.ARRIVALS:
            used, apart = refresh.measured(self.bench, arrival)
            found += refresh.compared(arrival, rows[arrival.name], used, nothing_new, self.whole)
            different |= {f"{arrival.words}: {where}": how for where, how in apart.items()}
        self.found["refresh"] = {"commands": found, "different": different}
        self.bench.drop("base")

    def steps(self) -> list[Step]:
        """What is done, in order; what replaces the warehouse comes last."""
        repeats, commands = self.settings.repeats, self.build_repeats
        optional = {
            "models": Step("heavy models against their limits", 15 * repeats, 6 * repeats, self.measure_models),
            "sessions": Step("sessions in every form", 8 * repeats, 9 * repeats, self.measure_sessions),
            "others": Step("other heavy steps in every form", 25 * repeats, 9 * repeats, self.measure_others),
            "learning": Step("training and scoring", 20, 12, self.measure_learning),
            "builds": Step("dbt against bare statements", 12, 9, self.measure_builds),
            "refresh": Step("refreshes, each compared with a full refresh", 280, 44, self.measure_refreshes),
        }
        first = [
            Step("a shop, and dbt's fixed cost", 15 + 80 * commands, 6, self.make_shop),
            Step("the full build", 80 * commands, 6 * commands, self.build),
        ]
        return [*first, *(step for name, step in optional.items() if name in self.settings.sections)]

    def seconds(self, step: Step) -> float:
        """About how long the step takes on a usual machine."""
        return step.fixed + step.per_million * self.events / 1e6


def run(bench: Bench, settings: Settings, out: Path) -> Record:
    """Every step at every size; report.json grows after each step, so that nothing is lost where one fails."""
    bench.prepare()
    repeats = {"repeats": settings.repeats, "build_repeats": settings.build_repeats}
    report: Record = {"machine": described(), **repeats, "sizes": {}}
    places = [AtSize(bench, events, settings) for events in settings.sizes]
    clock = Clock([place.seconds(step) for place in places for step in place.steps()])
    for place in places:
        for step in place.steps():
            with clock.step(f"{place.events:,} events: {step.words}"):
                step.do()
            report["sizes"][str(place.events)] = place.found
            out.write_text(json.dumps(report, indent=2, default=str) + "\n", encoding="utf-8")
        bench.drop("raw")
        bench.drop("empty")
    return report
