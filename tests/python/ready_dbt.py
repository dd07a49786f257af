"""dbt in a process that has imported it already, since to import it takes as long as to run it on a handful of rows.

Each command has a process of its own, forked from the one that waits. It takes the words and the environment that
`dbt` takes in a shell, and ends as any Python process does, so that the warehouse's file is closed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

IMPORTED = ("dbt.cli.main", "dbt.adapters.duckdb", "duckdb", "pyarrow")


class ReadyDbt:
    """The process that waits, for one worker of pytest."""

    def __init__(self) -> None:
        command = [sys.executable, __file__]
        self._waiting = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, words: Sequence[str], folder: Path, environment: Mapping[str, str], says: Path) -> int:
        """Runs `dbt` with these words in this folder, what it says goes to the file; its exit code."""
        asked = {"words": words, "folder": str(folder), "environment": dict(environment), "says": str(says)}
        assert self._waiting.stdin
        assert self._waiting.stdout
        print(json.dumps(asked), file=self._waiting.stdin, flush=True)
        code = self._waiting.stdout.readline()
        assert code, "the process from which dbt is forked has ended"
        return int(code)


def wait() -> None:
    """Answers each line of the standard input, a command, with its exit code."""
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is imported stays: no child looks through it
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        if not (child := os.fork()):
            _become_dbt(**asked)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    gc.unfreeze()


def _become_dbt(words: Sequence[str], folder: str, environment: Mapping[str, str], says: str) -> None:
    from dbt.cli.main import cli

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    told = os.open(says, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(told, 1)
    os.dup2(told, 2)
    try:
        sys.exit(cli(list(words), prog_name="dbt"))
    finally:
        gc.unfreeze()  # so that Python's end takes everything apart


if __name__ == "__main__":
    wait()
