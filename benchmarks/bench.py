"""The place of a benchmark: one warehouse file, kept copies of it, and the commands that work on it.

The file's path never changes (dbt parses anew where it does); a kept copy is put in its place before a command.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.measure import ROOT, Used


@dataclass(frozen=True)
class Bench:
    """Everything below one folder."""

    folder: Path
    memory_limit: str | None = None

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse" / "shop.duckdb"

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch" / "scratch.duckdb"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    def kept(self, name: str) -> Path:
        return self.folder / "kept" / f"{name}.duckdb"

    def file(self, name: str) -> Path:
        return self.folder / "files" / name

    def prepare(self) -> None:
        """Make the folders; forget files of earlier runs."""
        for path in (self.warehouse, self.scratch, self.kept("any"), self.file("any")):
            shutil.rmtree(path.parent, ignore_errors=True)
            path.parent.mkdir(parents=True)

    @property
    def environment(self) -> dict[str, str]:
        """The caller's, less what is his own of dbt's and the project's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "CLM_"))}
        limit = {"CLM_MEMORY_LIMIT": self.memory_limit} if self.memory_limit else {}
        return (
            kept
            | limit
            | {
                "CLM_DATABASE": str(self.warehouse),
                "CLM_RAW_FROM": "source",
                "DBT_PROJECT_DIR": str(ROOT),
                "DBT_PROFILES_DIR": str(ROOT),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            }
        )

    def place(self, name: str) -> None:
        """The kept copy becomes the warehouse."""
        self.clear()
        shutil.copyfile(self.kept(name), self.warehouse)

    def keep(self, name: str) -> None:
        """Keep a copy of the warehouse."""
        shutil.copyfile(self.warehouse, self.kept(name))

    def drop(self, *names: str) -> None:
        for name in names:
            self.kept(name).unlink(missing_ok=True)

    def clear(self) -> None:
        """No warehouse."""
        for path in self.warehouse.parent.glob("*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def dbt(self, *words: str) -> Used:
        """A dbt command on the warehouse."""
        command = [str(Path(sys.executable).parent / "dbt"), "--quiet", "--log-level-file", "none", *words]
        used, _ = measure.run([*command, "--target-path", str(self.target)], self.environment)
        return used

    def clm_ml(self, *words: str) -> tuple[Used, str]:
        """A clm-ml command on the warehouse."""
        return measure.run([sys.executable, "-m", "clm_ml", *words], self.environment)

    def task(self, task: str, **request: Any) -> tuple[Used, dict[str, Any]]:
        """A task of benchmarks.child on the warehouse."""
        return measure.child(task, {"warehouse": self.warehouse, **request}, self.environment)

    def statements(self, sql: list[str], before: list[str] | None = None, repeats: int = 1) -> Used:
        """Statements in a fresh process; the warehouse is only read, new tables go to a scratch file."""

        def once() -> tuple[Used, dict[str, Any]]:
            for path in self.scratch.parent.glob("*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return self.task("statements", scratch=self.scratch, sql=sql, before=before or [])

        return measure.repeated(once, repeats)[0]
