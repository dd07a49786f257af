"""The demo's seeds are what the simulator writes, small, and hold every hard case."""

from __future__ import annotations

import csv
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from clm_ml.project import raw_tables
from clm_ml.simulate.demo import write_demo
from clm_ml.simulate.hard_cases import hard_cases

MEGABYTE = 1_000_000


def test_the_committed_seeds_are_what_the_simulator_writes(root: Path, tmp_path: Path) -> None:
    written = write_demo(tmp_path)
    assert len(written) == 16
    for file in written:
        assert file.read_bytes() == (root / "seeds" / "raw" / file.name).read_bytes(), (
            f"{file.name} differs: run `python -m clm_ml.simulate.demo`"
        )


def test_the_seeds_stay_small(root: Path) -> None:
    assert sum(f.stat().st_size for f in (root / "seeds" / "raw").glob("*.csv")) <= 2 * MEGABYTE


def test_every_seed_is_described_to_its_grain_and_every_column_is_text(root: Path) -> None:
    seeds = yaml.safe_load((root / "seeds" / "raw" / "_raw__seeds.yml").read_text())["seeds"]
    described = {s["name"]: s for s in seeds}
    for table in raw_tables().values():
        seed = described.pop(f"raw_{table.name}")
        columns = _rows(root, table.name)[0].keys()
        assert list(columns) == [c for c in table.columns if c != "loaded_at"]
        assert seed["config"]["column_types"] == dict.fromkeys(columns, "string")
        assert f"One row per {', '.join(table.key)}" in seed["description"]
    assert described == {}


def test_hard_cases_stand_in_the_seeds_as_they_were_written(root: Path) -> None:
    for case in hard_cases():
        rows = _rows(root, case.table)
        for row in case.rows:
            full = {column: row.get(column, "") for column in rows[0]}
            assert full in rows, case.why


def test_the_robot_runs_three_days_without_a_session_gap() -> None:
    (robot,) = (case for case in hard_cases() if "robot" in case.why)
    times = [datetime.fromisoformat(row["occurred_at"]) for row in robot.rows]
    gaps = [(b - a).total_seconds() / 60 for a, b in pairwise(times)]
    assert (times[-1] - times[0]).days >= 3
    assert 25 <= min(gaps) <= max(gaps) < 30


def _rows(root: Path, table: str) -> list[dict[str, Any]]:
    with (root / "seeds" / "raw" / f"raw_{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
