"""A warehouse in its own folder, and clm-ml pointed at it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from clm_ml.cli import app
from prediction_tables import ROOT
from typer.testing import CliRunner


class Shop:
    """A warehouse in its own folder, and clm-ml pointed at it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clm.duckdb"

    def run(self, *words: str):
        return CliRunner().invoke(app, list(words))

    def sql(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.path)) as con:
            return con.execute(query).fetchall()

    def rows(self, table: str) -> list[tuple]:
        return self.sql(f"select * exclude (trained_at) from predictions.{table} order by all")


def point_at(patch: pytest.MonkeyPatch, folder: Path) -> Shop:
    patch.setenv("CLM_DATABASE", str(folder / "clm.duckdb"))
    patch.setenv("DBT_PROJECT_DIR", str(ROOT))
    patch.delenv("DBT_PROFILES_DIR", raising=False)
    patch.delenv("DBT_TARGET", raising=False)
    return Shop(folder)
