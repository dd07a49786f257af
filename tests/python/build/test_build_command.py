"""`clm-ml build`: dbt's arguments reach dbt, its exit code comes back as one of ours."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from clm_ml.build.narrator import Narrator
from clm_ml.build.run import check, target_dir
from clm_ml.errors import ClmError, UsageError, WarehouseUnavailable
from throwaway import ROOT, Throwaway

LOCKED = "Runtime Error\n  IO Error: Could not set lock on file: Conflicting lock is held in python (PID 1)"
USAGE = "Usage: dbt build [OPTIONS]\n\nError: No such option '--foo'."


def narrator_that_heard(text: str) -> Narrator:
    narrator = Narrator(None)
    narrator.hear({"info": {"name": "MainEncounteredError", "level": "error", "msg": text}, "data": {}})
    return narrator


@pytest.mark.parametrize(
    ("code", "said", "error", "exit_code"),
    [
        (1, "Failure in model int_events", ClmError, 1),
        (2, "Compilation Error", ClmError, 1),
        (2, USAGE, UsageError, 2),
        (2, "Could not find selector named nope", UsageError, 2),
        (2, LOCKED, WarehouseUnavailable, 4),
        (1, LOCKED, WarehouseUnavailable, 4),
    ],
)
def test_dbt_s_exit_code_becomes_ours(code: int, said: str, error: type[ClmError], exit_code: int) -> None:
    with pytest.raises(error) as raised:
        check(code, narrator_that_heard(said), said, "build")
    assert type(raised.value) is error
    assert raised.value.exit_code == exit_code


def test_a_run_that_warned_is_done() -> None:
    check(0, narrator_that_heard(USAGE), USAGE, "build")


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        ([], {}, "target"),
        (["--target-path", "other"], {"DBT_TARGET_PATH": "third"}, "other"),
        (["--target-path=other"], {}, "other"),
        ([], {"DBT_TARGET_PATH": "third"}, "third"),
    ],
)
def test_the_target_folder_is_dbt_s(words: list[str], environment: dict[str, str], expected: str) -> None:
    assert target_dir(ROOT, words, environment) == ROOT / expected


def clm_build(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """clm-ml build on folder/warehouse.duckdb, with a target folder of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "CLM_"))}
    own = {"CLM_DATABASE": str(folder / "warehouse.duckdb"), "CLM_RAW_FROM": "source",
           "DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}  # fmt: skip
    command = [sys.executable, "-m", "clm_ml", "build", *words]
    return subprocess.run(command, cwd=ROOT, env=kept | own, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_arguments_reach_dbt_and_the_result_comes_back(new_warehouse: Callable[[str], Throwaway]) -> None:
    house = new_warehouse("built")
    done = clm_build(house.folder, "--run", "--json", "--select", "int_currency_rates", "--full-refresh")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["command"], found["steps"]) == ("dbt run --select int_currency_rates --full-refresh", 1)
    assert house.value("select count(*) from intermediate.int_currency_rates") > 0
    again = clm_build(house.folder, "--run", "--json", "--select", "int_currency_rates")
    assert (found["unchanged"], json.loads(again.stdout)["unchanged"]) == (0, 1)
    assert ", 1 unchanged" in again.stderr


@pytest.mark.slow
def test_what_dbt_does_not_take_is_wrong_usage(tmp_path: Path) -> None:
    done = clm_build(tmp_path, "--no-such-option")
    assert done.returncode == 2
    assert "--no-such-option" in done.stderr


@pytest.mark.slow
def test_a_failing_model_is_named_and_ends_with_1(new_warehouse: Callable[[str], Throwaway]) -> None:
    house = new_warehouse("failing")
    done = clm_build(house.folder, "--run", "--select", "fct_sessions")  # what it reads was never built
    assert done.returncode == 1
    assert "fct_sessions" in done.stderr
    assert not done.stdout


def test_a_locked_warehouse_ends_with_4(tmp_path: Path) -> None:
    """dbt itself waits a minute for a lock; a stand-in for it fails at once, as dbt does in the end."""
    event = {"info": {"name": "MainEncounteredError", "level": "error", "msg": LOCKED}, "data": {}}
    program = tmp_path / "bin" / "dbt"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(event)}\nEND\nexit 2\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    script = (
        "import clm_ml.build.run as run; from clm_ml.cli import app; "
        f"run.dbt_program = lambda: {str(program)!r}; app(['build'])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "holds the warehouse" in done.stderr


def test_the_warehouse_s_folder_is_made(tmp_path: Path) -> None:
    """Where it is absent, dbt waits for ever; a stand-in for dbt only ends."""
    database = tmp_path / "absent" / "clm.duckdb"
    script = (
        "import clm_ml.build.run as run; from clm_ml.cli import app; "
        "run.dbt_program = lambda: 'false'; app(['build'])"
    )
    environment = os.environ | {"CLM_DATABASE": str(database)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode != 0
    assert database.parent.is_dir()


def test_duckdb_s_lock_is_known_by_its_words(tmp_path: Path) -> None:
    """The words that `is_locked` looks for are those of this DuckDB."""
    path = tmp_path / "held.duckdb"
    with duckdb.connect(str(path)):
        script = f"import duckdb; duckdb.connect({str(path)!r})"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert narrator_that_heard(done.stderr).is_locked
