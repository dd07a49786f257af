"""The commands a user types, on real files and on a simulated shop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from throwaway import ROOT, Throwaway


class Commands(Throwaway):
    """A throw-away warehouse, and clm-ml called as a user calls it."""

    def clm(self, *words: str) -> str:
        """What clm-ml prints; fails with its narration where it does not end with 0."""
        command = [str(Path(sys.executable).parent / "clm-ml"), *words]
        environment = self._environment(2) | {"DBT_PROJECT_DIR": str(ROOT)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"clm-ml {' '.join(words)}:\n{done.stderr}"
        return done.stdout

    def clm_json(self, *words: str) -> Any:
        return json.loads(self.clm(*words, "--json"))

    def test_figure(self, candidate: str, metric: str) -> tuple[float, float, float]:
        """A figure of churn's test read with the ends of its interval."""
        return self.rows(
            "select metric_value, value_low, value_high from predictions.ml_metrics "
            "join predictions.ml_training_runs using (model_version) "
            "where task = 'churn' and is_champion and split = 'test' "
            f"and candidate = '{candidate}' and metric = '{metric}'"
        )[0]

    def champion(self) -> str:
        return self.value("select algorithm from predictions.ml_training_runs where task = 'churn' and is_champion")

    def unconserved(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select * from quality.fct_row_conservation "
            "where raw_row_count <> accepted_count + duplicate_count + quarantined_count"
        )


@pytest.fixture(scope="session")
def real_files() -> Path:
    """The folder of the real files, which are no part of the project."""
    folder = Path(os.environ.get("CLM_REAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real files: {folder} is absent (CLM_REAL_DATA names the folder)")
    return folder


@pytest.fixture
def commands(seeded: Throwaway, tmp_path: Path) -> Callable[[str], Commands]:
    """commands(name): a warehouse with the reference lists in it, and the commands to work on it."""

    def make(name: str) -> Commands:
        copy = seeded.copy(tmp_path / name)
        return Commands(copy.folder)

    return make
