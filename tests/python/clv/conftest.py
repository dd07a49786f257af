"""One shop, trained and scored once; each test gets a copy of the warehouse and its models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import value_shop
from clm_ml.clv.candidates import candidates
from places import Shop, point_at


@pytest.fixture(scope="session")
def value_frame() -> pd.DataFrame:
    return value_shop.snapshots()


@pytest.fixture(scope="session")
def valued(value_frame, tmp_path_factory) -> Path:
    """The folder of a trained and scored warehouse; read it only."""
    folder = tmp_path_factory.mktemp("valued")
    value_shop.warehouse(folder / "clm.duckdb", value_frame)
    with pytest.MonkeyPatch.context() as patch:
        point_at(patch, folder)
        for command in ("train", "score"):
            result = Shop(folder).run(command, "clv")
            assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def place(valued, tmp_path, monkeypatch) -> Shop:
    """A copy of the trained and scored warehouse."""
    shutil.copytree(valued, tmp_path / "copy")
    return point_at(monkeypatch, tmp_path / "copy")


FAST = ("same_as_last_90_days", "past_rate", "recency_hiatus", "bg_nbd", "two_part_gradient_boosting")


@pytest.fixture
def fresh_value(value_frame, tmp_path, monkeypatch):
    """Makes an untrained warehouse of a changed frame; the fast candidates compete for it."""
    fast = [candidate for candidate in candidates() if candidate.name in FAST]
    monkeypatch.setattr("clm_ml.clv.train.candidates", lambda: fast)

    def make(change=lambda f: f) -> Shop:
        value_shop.warehouse(tmp_path / "clm.duckdb", change(value_frame.copy()))
        return point_at(monkeypatch, tmp_path)

    return make
