"""Runs dbt as a process of its own, narrates what its log says, and turns its exit code into ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from clm_ml.build.narrator import Narrator
from clm_ml.build.past import recall, remember
from clm_ml.console import narrated, say
from clm_ml.errors import ClmError, UsageError, WarehouseUnavailable
from clm_ml.project import database_path, project_dir

FAILED, MISUSED_OR_BROKEN = 1, 2
USAGE = ("Usage: dbt", "Could not find selector", "No such option")


def build(arguments: Sequence[str] = (), verb: str = "build") -> dict[str, Any]:
    """`dbt build` (or another verb) with these arguments, in the project's folder. Raises ClmError where it fails."""
    root, started = project_dir(), time.monotonic()
    database_path().parent.mkdir(parents=True, exist_ok=True)  # where it is absent, dbt waits for ever
    target, command = target_dir(root, arguments), " ".join([verb, *arguments])
    narrator = Narrator(recall(target, command))
    with narrated(narrator.words):
        code, said = _listen([dbt_program(), "--log-format", "json", verb, *arguments], root, narrator)
    check(code, narrator, said, verb)
    remember(target, command)
    seconds = round(time.monotonic() - started, 1)
    kept = f", {narrator.unchanged_count} unchanged" if narrator.unchanged_count else ""
    say(f"dbt {verb}: {narrator.step_count} steps in {seconds:.0f} s{kept}")
    return {
        "command": f"dbt {command}",
        "steps": narrator.step_count,
        "unchanged": narrator.unchanged_count,
        "seconds": seconds,
        **narrator.counts,
    }


def check(code: int, narrator: Narrator, said: str, verb: str) -> None:
    """dbt's exit code in our words: 1 failed, 2 wrong usage, 4 the warehouse is locked."""
    if code == 0:
        return
    if narrator.is_locked:
        raise WarehouseUnavailable(
            "another process holds the warehouse", "wait for it, or close that reader; then build again"
        )
    if code == MISUSED_OR_BROKEN and any(words in said for words in USAGE):
        raise UsageError(f"dbt {verb} does not take this", f"see `dbt {verb} --help`")
    raise ClmError(f"dbt {verb} failed", "what failed is named above; logs/dbt.log has everything")


def target_dir(root: Path, arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Path:
    """Where dbt puts its results: --target-path, DBT_TARGET_PATH, or the project's own folder."""
    named = _option(arguments, "--target-path") or environment.get("DBT_TARGET_PATH")
    return root / (named or yaml.safe_load((root / "dbt_project.yml").read_text()).get("target-path", "target"))


def dbt_program() -> str:
    """The dbt of this environment, else the one on the path."""
    beside = Path(sys.executable).parent / "dbt"
    found = str(beside) if beside.exists() else shutil.which("dbt")
    if not found:
        raise ClmError("there is no dbt program", "install the project into this environment: make setup")
    return found


def _listen(command: list[str], root: Path, narrator: Narrator) -> tuple[int, str]:
    """The exit code, and all that was said besides events."""
    texts: list[str] = []
    environment = {"DBT_PROFILES_DIR": str(root), **os.environ}
    with subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    ) as process:
        for line in process.stdout or ():
            texts += _hear(line, narrator)
        code = process.wait()
    return code, "\n".join(texts)


def _hear(line: str, narrator: Narrator) -> list[str]:
    """What the usage check may look at: plain lines and the messages of errors."""
    try:
        event = json.loads(line)
        if not isinstance(event, dict):
            raise ValueError
    except ValueError:
        narrator.hear_text(line)
        return [line]
    narrator.hear(event)
    info = event.get("info", {})
    return [str(info.get("msg", ""))] if info.get("level") == "error" else []


def _option(arguments: Sequence[str], name: str) -> str | None:
    """The value of `--name value` or `--name=value`."""
    for at, word in enumerate(arguments):
        if word == name and at + 1 < len(arguments):
            return arguments[at + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None
