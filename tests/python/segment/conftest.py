"""One shop of four kinds of customers, segmented once; each test gets a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import groups
import pandas as pd
import pytest
from clm_ml.models.segments import clusters
from clm_ml.segment import train


@pytest.fixture(scope="session", autouse=True)
def few_resamples():
    """Kinds as distinct as these need fewer of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "RESAMPLES", 6)
        patch.setattr(train, "NUMBERS", (2, 3, 4, 5, 6))
        yield


@pytest.fixture(scope="session")
def segmented(tmp_path_factory) -> Path:
    """The folder of a trained and scored warehouse; read it only."""
    folder = tmp_path_factory.mktemp("segmented")
    groups.warehouse(folder / "clm.duckdb", groups.snapshots())
    with pytest.MonkeyPatch.context() as patch:
        place = groups.Place(folder, patch)
        place.run("train", "segment", "--as-of", "2025-05-31")
        place.run("score", "segment")
    return folder


@pytest.fixture
def shop(segmented, tmp_path, monkeypatch) -> groups.Place:
    """A copy of it."""
    shutil.copytree(segmented, tmp_path / "copy")
    return groups.Place(tmp_path / "copy", monkeypatch)


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """Makes an untrained warehouse of a frame."""

    def make(frame: pd.DataFrame) -> groups.Place:
        groups.warehouse(tmp_path / "clm.duckdb", frame)
        return groups.Place(tmp_path, monkeypatch)

    return make
