"""What is said of a running build: the step, how far it is, what remains, and what dbt warns of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clm_ml.build.narrator import Narrator
from clm_ml.build.past import Past, recall, remember


class Clock:
    """A clock that stands still until it is told otherwise."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def begins(step: str, index: int, total: int = 3) -> dict[str, Any]:
    node = {"unique_id": f"model.clm.{step}", "node_name": step, "node_status": "started"}
    return {
        "info": {"name": "LogStartLine", "level": "info"},
        "data": {"node_info": node, "index": index, "total": total},
    }


def ends(step: str, seconds: float) -> dict[str, Any]:
    node = {"unique_id": f"model.clm.{step}", "node_name": step, "node_status": "success"}
    return {
        "info": {"name": "LogModelResult", "level": "info"},
        "data": {"node_info": node, "execution_time": seconds},
    }


def past(is_of_same_command: bool = True, **seconds: float) -> Past:
    steps = {f"model.clm.{step}": took for step, took in seconds.items()}
    return Past(steps, sum(seconds.values()), is_of_same_command)


def at_second_twelve(narrator: Narrator, clock: Clock, first_took: float) -> str:
    """The first step is over; the second one has run for two seconds."""
    narrator.hear(begins("first", 1))
    narrator.hear(ends("first", first_took))
    clock.now = 10.0
    narrator.hear(begins("second", 2))
    clock.now = 12.0
    return narrator.words(12.0)


def test_what_remains_is_what_the_last_run_took() -> None:
    clock = Clock()
    said = at_second_twelve(Narrator(past(first=10, second=6, third=20), clock), clock, first_took=10)
    assert said.strip() == "step 2 of 3, second: 2 s; about 24 s to go"


def test_a_run_at_half_the_pace_takes_twice_as_long() -> None:
    clock = Clock()
    said = at_second_twelve(Narrator(past(first=5, second=6, third=20), clock), clock, first_took=10)
    assert said.strip() == "step 2 of 3, second: 2 s; about 50 s to go"


def test_steps_that_ran_side_by_side_count_by_the_wall() -> None:
    clock = Clock()
    narrator = Narrator(Past({f"model.clm.{s}": 10.0 for s in ("first", "second", "third")}, 15.0), clock)
    assert "about 9 s to go" in at_second_twelve(narrator, clock, first_took=10)


@pytest.mark.parametrize("known", [None, past(False, first=1, a=1, b=1, c=1, d=1)])
def test_without_a_like_run_the_number_of_steps_left_is_all_that_is_known(known: Past | None) -> None:
    clock = Clock()
    said = at_second_twelve(Narrator(known, clock), clock, first_took=10)
    assert said.strip() == "step 2 of 3, second: 2 s; about 24 s to go, by the number of steps left"


def test_a_step_that_outlives_its_estimate_takes_nothing_from_the_others() -> None:
    clock = Clock()
    narrator = Narrator(past(first=10, second=1, third=20), clock)
    assert "about 20 s to go" in at_second_twelve(narrator, clock, first_took=10)


def test_before_the_first_step_it_says_so() -> None:
    assert "reads the project" in Narrator(None, Clock()).words(11.0)


def test_warnings_and_errors_are_passed_on_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    narrator = Narrator(None, Clock())
    for level in ("debug", "info", "warn", "error"):
        narrator.hear({"info": {"name": "Note", "level": level, "msg": f"this is {level}"}, "data": {}})
    assert capsys.readouterr().err.splitlines() == ["this is warn", "this is error"]


def test_hooks_are_no_steps() -> None:
    narrator = Narrator(None, Clock())
    hook = {"unique_id": "operation.clm.clm-on-run-start-0", "node_name": "hook"}
    narrator.hear({"info": {"name": "LogHookEndLine"}, "data": {"node_info": hook, "execution_time": 1.0}})
    assert narrator.step_count == 0


def results(folder: Path, **seconds: float) -> None:
    """A run_results.json of dbt."""
    found = [{"unique_id": f"model.clm.{s}", "execution_time": t, "timing": [{}]} for s, t in seconds.items()]
    (folder / "run_results.json").write_text(json.dumps({"results": found, "elapsed_time": sum(seconds.values())}))


def test_every_command_has_its_own_past(tmp_path: Path) -> None:
    results(tmp_path, a=1, b=2)
    remember(tmp_path, "build")
    results(tmp_path, b=5)
    remember(tmp_path, "build --select b")
    of_all, of_one, of_none = (recall(tmp_path, c) for c in ("build", "build --select b", "build --select a"))
    assert of_all == Past({"model.clm.a": 1, "model.clm.b": 2}, 3)
    assert of_one == Past({"model.clm.b": 5}, 5)
    assert of_none == Past({"model.clm.b": 5}, 5, is_of_same_command=False)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"results": []}'])
def test_a_past_that_cannot_be_read_is_no_past(tmp_path: Path, content: str) -> None:
    (tmp_path / "run_results.json").write_text(content)
    assert recall(tmp_path, "build") is None
