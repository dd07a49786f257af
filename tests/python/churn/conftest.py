"""One shop, trained and scored once; each test gets a copy of the warehouse and its models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import shop
from places import Shop, point_at


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return shop.snapshots()


@pytest.fixture(scope="session")
def trained(frame, tmp_path_factory) -> Path:
    """The folder of a trained and scored warehouse; read it only."""
    folder = tmp_path_factory.mktemp("trained")
    shop.warehouse(folder / "clm.duckdb", frame)
    with pytest.MonkeyPatch.context() as patch:
        point_at(patch, folder)
        for command in ("train", "score"):
            result = Shop(folder).run(command, "churn")
            assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def scored(trained, tmp_path, monkeypatch) -> Shop:
    """A copy of the trained and scored warehouse."""
    shutil.copytree(trained, tmp_path / "copy")
    return point_at(monkeypatch, tmp_path / "copy")


@pytest.fixture
def fresh(frame, tmp_path, monkeypatch):
    """Makes an untrained warehouse of a changed frame."""

    def make(change=lambda f: f) -> Shop:
        shop.warehouse(tmp_path / "clm.duckdb", change(frame.copy()))
        return point_at(monkeypatch, tmp_path)

    return make
