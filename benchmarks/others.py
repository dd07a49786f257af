"""Heavy steps against the same rows made by SQL written by hand, Polars and pandas, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import forms, limits
from benchmarks.artifacts import Model, Project
from benchmarks.bench import Bench
from benchmarks.forms.step import HeavyStep
from benchmarks.forms.tasks import FORMS
from benchmarks.measure import Used, repeated, total

Written = Callable[[Bench, str], list[str]]  # the statements that keep the rows of a select


@dataclass(frozen=True)
class Copies:
    """What some steps read, each as a table in one DuckDB file and as a Parquet file of its own."""

    bench: Bench
    relations: dict[str, str]  # a model's or seed's name, and its relation in the warehouse

    @property
    def file(self) -> Path:
        return self.bench.file("copies.duckdb")

    @property
    def attach(self) -> str:
        """The statement that attaches the tables to the warehouse."""
        return f"attach '{self.file}' as copies (read_only)"

    def table(self, name: str) -> str:
        return f"copies.{name}"

    def parquet(self, name: str) -> Path:
        return self.bench.file(f"{name}.parquet")

    def make(self) -> None:
        """Write all of them."""
        self.file.unlink(missing_ok=True)
        tables = [f"create table copies.{name} as select * from {of}" for name, of in self.relations.items()]
        parquet = [
            f"copy (select * from {of}) to '{self.parquet(name)}' (format parquet, compression zstd)"
            for name, of in self.relations.items()
        ]
        self.bench.statements([*tables, *parquet], before=[f"attach '{self.file}' as copies"])

    def read_by(self, sql: str) -> str:
        """The SQL, reading the tables instead of the relations that they were copied from."""
        for name, relation in self.relations.items():
            sql = sql.replace(relation, self.table(name))
        return sql


def copied(bench: Bench, project: Project, steps: Sequence[HeavyStep]) -> Copies:
    """The inputs of these steps."""
    inputs = {name for step in steps for name, _ in step.inputs.values()}
    copies = Copies(bench, {name: project.relation(name) for name in sorted(inputs)})
    copies.make()
    return copies


def measured(bench: Bench, project: Project, repeats: int) -> list[dict[str, Any]]:
    """Every heavy step but sessions; the models as the project runs them, and with what the forms read and write."""
    copies = copied(bench, project, forms.OTHERS)
    return [
        {
            "title": step.title,
            "models": list(step.models),
            "as_run": total(list(as_run(bench, project, step, repeats).values())).as_dict(),
            "alike": total(list(from_copies(copies, project, step, repeats, as_parquet).values())).as_dict(),
            "forms": in_forms(copies, project, step, repeats),
        }
        for step in forms.OTHERS
    ]


def as_table(bench: Bench, sql: str) -> list[str]:
    """Statements that write the rows into a DuckDB file, as dbt does."""
    return [f"create table scratch.made as {sql}", limits.CHECKPOINT]


def as_parquet(bench: Bench, sql: str) -> list[str]:
    """The statement that writes the rows as the forms do, which costs less."""
    return [f"copy ({sql}\n) to '{bench.file('made.parquet')}' (format parquet)"]


def as_run(bench: Bench, project: Project, step: HeavyStep, repeats: int) -> dict[str, Used]:
    """The step's models as the project runs them."""
    return {
        model.name: bench.statements(as_table(bench, model.sql), repeats=repeats) for model in _models(project, step)
    }


def from_copies(
    copies: Copies, project: Project, step: HeavyStep, repeats: int, written: Written = as_table
) -> dict[str, Used]:
    """The same from the copied tables: what the forms read too, and views among the inputs are already made."""
    sql = {model.name: copies.read_by(model.sql) for model in _models(project, step)}
    if not any(copies.table(name) in text for name, _ in step.inputs.values() for text in sql.values()):
        raise KeyError(f"no model of {step.title} reads what its forms read: change benchmarks/names.py")
    bench, before = copies.bench, [copies.attach]
    return {
        name: bench.statements(written(bench, text), before=before, repeats=repeats) for name, text in sql.items()
    }


def in_forms(copies: Copies, project: Project, step: HeavyStep, repeats: int) -> dict[str, Any]:
    """What every form used, and whether its rows are the model's."""
    return {name: _in_form(copies, project, step, name, repeats) for name in FORMS}


def _models(project: Project, step: HeavyStep) -> list[Model]:
    return [project.model(name) for name in step.models]


def _in_form(copies: Copies, project: Project, step: HeavyStep, form: str, repeats: int) -> dict[str, Any]:
    bench, path = copies.bench, copies.bench.file("made.parquet")
    request = {
        "step": step.model,
        "form": form,
        "path": path,
        "tables": {name: of for name, (of, _) in step.inputs.items()},
        "copies": {name: copies.parquet(of) for name, (of, _) in step.inputs.items()},
    }
    used, answer = repeated(lambda: bench.task("form", warehouse=copies.file, **request), repeats)
    model = project.model(step.model).relation
    _, check = bench.task("differences", step=step.model, path=path, model=model, scratch=bench.scratch)
    path.unlink()
    return {"used": used.as_dict(), "reading": answer["reading"], **check}
