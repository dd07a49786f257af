"""Making the sessions against one window pass over the same rows, hand-written SQL, Polars and pandas."""

from __future__ import annotations

from typing import Any

from benchmarks import forms, others
from benchmarks.artifacts import Project
from benchmarks.bench import Bench
from benchmarks.forms.sessions import CARRIED, window_pass
from benchmarks.measure import Used, total
from benchmarks.names import ACCEPTED_EVENTS
from benchmarks.others import Copies


def measured(bench: Bench, project: Project, repeats: int) -> dict[str, Any]:
    """Every form, each in a process of its own, on the same accepted events."""
    step = forms.SESSIONS
    copies = others.copied(bench, project, [step])
    passes = _passes(copies, repeats)
    asis = others.as_run(bench, project, step, repeats)
    replaced = others.from_copies(copies, project, step, repeats)
    made = others.in_forms(copies, project, step, repeats)
    return {
        "models": {name: used.as_dict() for name, used in asis.items()},
        "from_accepted": total(list(replaced.values())).as_dict(),
        "from_stored": total(list(asis.values())).as_dict(),
        "passes": {name: used.as_dict() for name, used in passes.items()},
        "others": {name: _in_words_of_sessions(form) for name, form in made.items()},
        "to_narrow": total(list(replaced.values())).per(passes["narrow"]),
        "to_carrying": total(list(replaced.values())).per(passes["carrying"]),
        "stored_to_carrying": total(list(asis.values())).per(passes["carrying"]),
        "to_sql": total(list(replaced.values())).per(Used(**made["DuckDB SQL by hand"]["used"])),
    }


def _passes(copies: Copies, repeats: int) -> dict[str, Used]:
    events, attach = copies.table(ACCEPTED_EVENTS), [copies.attach]
    return {
        "narrow": copies.bench.statements([window_pass(events)], before=attach, repeats=repeats),
        "carrying": copies.bench.statements([window_pass(events, CARRIED)], before=attach, repeats=repeats),
    }


def _in_words_of_sessions(form: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: form[name] for name in ("used", "reading", "different")},
        "sessions": form["rows"],
        "events": form["summed"],
    }
