"""The whole of dbt against its fixed cost, its bare statements, and one reading and writing of the rows."""

from __future__ import annotations

from typing import Any

from benchmarks import artifacts, limits, names
from benchmarks.artifacts import Project
from benchmarks.bench import Bench
from benchmarks.measure import Used, median

Commands = dict[str, Used]


RUNS = 5  # `dbt run` on an empty warehouse is the median of so many at least


def fixed_cost(bench: Bench, repeats: int) -> Commands:
    """`dbt build` and `dbt run` where there are no raw rows, kept as "empty"; dbt has then parsed the project."""
    bench.clear()
    bench.dbt("seed")
    runs: dict[str, list[Used]] = {"build": [], "run": []}
    for _ in range(repeats):
        bench.clear()
        runs["build"].append(bench.dbt("build"))
    runs["run"] = [bench.dbt("run", "--full-refresh") for _ in range(max(repeats, RUNS))]
    bench.keep("empty")
    return {name: median(found) for name, found in runs.items()}


def full(bench: Bench, kept: str, repeats: int) -> tuple[Commands, Project]:
    """`dbt build` of the kept raw rows, then `dbt run --full-refresh` of the same; the warehouse stays built."""
    runs: dict[str, list[Used]] = {"build": [], "run": []}
    for _ in range(repeats):
        bench.place(kept)
        runs["build"].append(bench.dbt("build"))
        project = artifacts.read(bench.target)
        runs["run"].append(bench.dbt("run", "--full-refresh"))
    return {name: median(found) for name, found in runs.items()}, project


def raw_statements(bench: Bench, kept: str, project: Project) -> Commands:
    """The same SQL in the same order in one plain DuckDB process: models only, and models and data tests."""
    bench.place(kept)
    schemas = sorted({model.schema for model in project.models})
    made = [f'create schema if not exists "{schema}"' for schema in schemas]
    made += [f"create {'table' if m.is_table else 'view'} {m.relation} as {m.sql}" for m in project.models]
    models, _ = bench.task("statements", sql=[*made, "checkpoint"])
    tests, _ = bench.task("statements", sql=[f"select count(*) from ({sql}\n) as failures" for sql in project.tests])
    return {"run": models, "build": models.plus(tests)}


def read_and_write_once(bench: Bench, project: Project, repeats: int) -> Used:
    """On the built warehouse: every raw row is read once, every mart is written once."""
    _, answer = bench.task("describe", relations=project.raw, scratch=bench.scratch)
    reading = [limits.scan(relation, shape["columns"]) for relation, shape in answer["relations"].items()]
    marts = [m for m in project.models if m.room == names.MARTS and m.is_table]
    writing = [f'create table scratch."{m.name}" as select * from {m.relation}' for m in marts]
    return bench.statements([*reading, *writing, limits.CHECKPOINT], repeats=repeats)


def compared(fixed: Commands, whole: Commands, plain: Commands, once: Used) -> list[dict[str, Any]]:
    """Per command what it took, beyond the fixed cost, and the ratios."""
    return [
        {
            "command": f"dbt {name}",
            "took": whole[name].as_dict(),
            "fixed": fixed[name].as_dict(),
            "statements": plain[name].as_dict(),
            "read_and_write_once": once.as_dict(),
            "to_statements": whole[name].beyond(fixed[name]).per(plain[name]),
            "to_read_and_write": whole[name].beyond(fixed[name]).per(once),
            "to_fixed": whole[name].per(fixed[name]),
        }
        for name in ("run", "build")
    ]
