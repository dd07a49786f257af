"""A throw-away Spark warehouse: a folder of its own, dbt and Python called as a user calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from throwaway import ROOT, DbtFailed, Throwaway

OPEN = "from clm_ml.project import profile_target; from clm_ml.spark import open_session; "
OPEN += "spark = open_session(profile_target()).session; "


class SparkHouse(Throwaway):
    """The Spark warehouse below `folder`. Its tables are read from their Parquet files, without Spark."""

    def sql(self, *statements: str) -> None:
        """Run by Spark, in a process of its own: one process at a time holds the warehouse."""
        self.python("-c", OPEN + "; ".join(f"spark.sql({s!r})" for s in statements))

    def clm_ml(self, *words: str) -> str:
        return self.python("-m", "clm_ml", *words)

    def python(self, *words: str) -> str:
        """What a Python program says on stdout; raises DbtFailed where it does not end with 0."""
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self._environment(2), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DbtFailed(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr[-4000:]}")
        return done.stdout

    def stored(self, schema: str, table: str) -> list[tuple[Any, ...]]:
        """The sorted rows of a table that dbt made."""
        files = self.folder / "spark" / "tables" / f"{schema}.db" / table / "*.parquet"
        return sorted(duckdb.sql(f"select * from read_parquet('{files}')").fetchall(), key=repr)

    def _environment(self, threads: int) -> dict[str, str]:
        kept = {n: os.environ[n] for n in ("JAVA_HOME",) if n in os.environ}
        return (
            super()._environment(threads)
            | kept
            | {
                "CLM_SPARK_WAREHOUSE": str(self.folder / "spark"),
                "CLM_SPARK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
                "DBT_TARGET": "spark",
                "DBT_PROJECT_DIR": str(ROOT),
            }
        )


def own_project(folder: Path, models: Mapping[str, str]) -> Path:
    """A dbt project of a few models that uses this one's macros for Spark and its profile."""
    (folder / "models").mkdir(parents=True)
    for name, sql in models.items():
        (folder / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
    text = f"name: clm\nprofile: clm\nversion: '1.0'\nconfig-version: 2\nmacro-paths: ['{ROOT / 'macros'}']\n"
    text += "on-run-start: '{{ create_kept_relations() }}'\n"
    (folder / "dbt_project.yml").write_text(text, encoding="utf-8")
    return folder
