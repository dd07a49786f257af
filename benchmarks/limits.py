"""Each heavy model against its physical limit: one scan of its inputs, one sort by its key, one write of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks import names
from benchmarks.artifacts import Model, Project, words
from benchmarks.bench import Bench
from benchmarks.measure import Used

CHECKPOINT = "checkpoint scratch"
Shapes = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Limit:
    """What a model took by itself, and what it could not do without."""

    model: Model
    rows: int
    sorted_by: tuple[str, ...]
    took: Used
    scan: Used
    sort: Used
    write: Used

    @property
    def limit(self) -> Used:
        """The three come one after the other: a sort needs all of its input, a write all of the sorted rows."""
        return self.scan.plus(self.sort).plus(self.write)

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model.name,
            "rows": self.rows,
            "sorted_by": list(self.sorted_by),
            **{name: getattr(self, name).as_dict() for name in ("took", "scan", "sort", "write")},
            "ratio": self.took.per(self.limit),
            "reason": names.REASONS.get(self.model.name),
        }


def shapes_of(bench: Bench, project: Project) -> Shapes:
    """Rows and columns of every table that a model reads or makes."""
    relations = {relation for model in project.models for relation in (*model.inputs, model.relation)}
    _, answer = bench.task("describe", relations=sorted(relations), scratch=bench.scratch)
    found: Shapes = answer["relations"]
    return found


def measured(bench: Bench, model: Model, shapes: Shapes, repeats: int) -> Limit:
    """Run the model's own SQL, then its limit's parts, each in a fresh process with the profile's settings."""
    inputs = [relation for relation in model.inputs if relation in shapes]
    largest = max(inputs, key=lambda relation: int(shapes[relation]["rows"]))
    key = sort_key(model, shapes[largest]["columns"])
    return Limit(
        model,
        shapes[largest]["rows"],
        key,
        took=bench.statements([f"create table scratch.made as {model.sql}", CHECKPOINT], repeats=repeats),
        scan=bench.statements(
            [scan(relation, columns(model, shapes[relation])) for relation in inputs], repeats=repeats
        ),
        sort=bench.statements([sort(largest, columns(model, shapes[largest]), key)], repeats=repeats),
        write=bench.statements(
            [f"create table scratch.copied as select * from {model.relation}", CHECKPOINT], repeats=repeats
        ),
    )


def columns(model: Model, shape: dict[str, Any]) -> list[str]:
    """The columns of an input that the model's SQL names; all of them, where it names none."""
    named = words(model.sql)
    return [name for name in shape["columns"] if name.lower() in named] or list(shape["columns"])


def sort_key(model: Model, available: list[str]) -> tuple[str, ...]:
    """The columns of the model's grain that its input has; else the first of the usual keys that it has."""
    grain = tuple(name for name in model.grain if name in available)
    return grain or next(((name,) for name in names.KEYS if name in available), (available[0],))


def scan(relation: str, columns: list[str]) -> str:
    """Every value is read once and used."""
    return f"select bit_xor(hash({', '.join(columns)})) from {relation}"


def sort(relation: str, columns: list[str], key: tuple[str, ...]) -> str:
    kept = list(dict.fromkeys([*key, *columns]))
    return f"create temporary table sorted as select {', '.join(kept)} from {relation} order by {', '.join(key)}"
