"""Making the sessions against one window pass over the same rows, hand-written SQL, Polars and pandas."""

from __future__ import annotations

from typing import Any

from benchmarks import limits, names
from benchmarks.artifacts import Model, Project
from benchmarks.bench import Bench
from benchmarks.limits import Shapes
from benchmarks.measure import Used, repeated, total
from benchmarks.session_forms import CARRIED, copy_events, window_pass

ACCEPTED = "accepted"  # schema main of its own file


def measured(bench: Bench, project: Project, shapes: Shapes, repeats: int) -> dict[str, Any]:
    """Every form, each in a process of its own, on the same accepted events."""
    accepted, visitor = project.model(names.ACCEPTED_EVENTS), _visitor(project, shapes)
    events = _copies(bench, accepted, visitor)
    models = [project.model(name) for name in names.SESSION_MODELS]
    if not any(accepted.relation in model.sql for model in models):
        raise KeyError(f"no session model reads {accepted.name}: change benchmarks/names.py")
    passes = _passes(bench, visitor, events, repeats)
    asis = {model.name: _model(bench, model.sql, [], repeats) for model in models}
    replaced = {model.name: _model(bench, _from_copy(model, accepted), events, repeats) for model in models}
    others = _others(bench, project, visitor, repeats)
    return {
        "models": {name: used.as_dict() for name, used in asis.items()},
        "from_accepted": total(list(replaced.values())).as_dict(),
        "from_stored": total(list(asis.values())).as_dict(),
        "passes": {name: used.as_dict() for name, used in passes.items()},
        "others": others,
        "to_narrow": total(list(replaced.values())).per(passes["narrow"]),
        "to_carrying": total(list(replaced.values())).per(passes["carrying"]),
        "stored_to_carrying": total(list(asis.values())).per(passes["carrying"]),
        "to_sql": total(list(replaced.values())).per(_used(others["DuckDB SQL by hand"])),
    }


def _copies(bench: Bench, accepted: Model, visitor: str) -> list[str]:
    """Accepted events as a table in a file of their own and as Parquet; the statements that attach the file."""
    path, parquet = bench.file("accepted.duckdb"), bench.file("events.parquet")
    for file in (path, parquet):
        file.unlink(missing_ok=True)
    attach = f"attach '{path}' as events_file"
    made = f"create table events_file.{ACCEPTED} as select * from {accepted.relation}"
    bench.statements([made, copy_events(accepted.relation, visitor, str(parquet))], before=[attach])
    return [f"{attach} (read_only)"]


def _passes(bench: Bench, visitor: str, events: list[str], repeats: int) -> dict[str, Used]:
    relation = f"events_file.{ACCEPTED}"
    return {
        "narrow": bench.statements([window_pass(relation, visitor)], before=events, repeats=repeats),
        "carrying": bench.statements([window_pass(relation, visitor, CARRIED)], before=events, repeats=repeats),
    }


def _from_copy(model: Model, accepted: Model) -> str:
    """The model's SQL, reading the copy of the accepted events instead of the relation of that name."""
    return model.sql.replace(accepted.relation, f"events_file.{ACCEPTED}")


def _model(bench: Bench, sql: str, before: list[str], repeats: int) -> Used:
    return bench.statements(
        [f"create table scratch.made as {sql}", limits.CHECKPOINT], before=before, repeats=repeats
    )


def _others(bench: Bench, project: Project, visitor: str, repeats: int) -> dict[str, Any]:
    parquet = bench.file("events.parquet")
    tasks = {"DuckDB SQL by hand": "sessions_in_sql", "Polars": "sessions_in_polars", "pandas": "sessions_in_pandas"}
    return {name: _other(bench, project, task, visitor, str(parquet), repeats) for name, task in tasks.items()}


def _other(bench: Bench, project: Project, task: str, visitor: str, events: str, repeats: int) -> dict[str, Any]:
    path = bench.file(f"{task}.parquet")
    request = {"path": path, "events": events, "visitor": visitor, "relation": ACCEPTED}
    by_hand = {"warehouse": bench.file("accepted.duckdb")} if task == "sessions_in_sql" else {}
    used, answer = repeated(lambda: bench.task(task, **{**request, **by_hand}), repeats)
    _, check = bench.task(
        "session_differences", path=path, model=project.model(names.SESSIONS).relation, scratch=bench.scratch
    )
    path.unlink()
    return {
        "used": used.as_dict(),
        "reading": answer["reading"],
        **{name: check[name] for name in ("different", "sessions", "events")},
    }


def _visitor(project: Project, shapes: Shapes) -> str:
    model = project.model(names.ACCEPTED_EVENTS)
    has_visitor = "visitor_id" in shapes.get(model.relation, {}).get("columns", [])
    return "visitor_id" if has_visitor else names.VISITOR


def _used(entry: dict[str, Any]) -> Used:
    return Used(**entry["used"])
