"""What tests of every room share: throw-away warehouses, and the project as dbt understands it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from throwaway import ROOT, Throwaway

HERE = Path(__file__).parent

LONGEST_FIRST = ("warehouse", "acceptance", "models", "load", "churn")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `pytest -n 3 --dist loadfile`: rooms that take longest come first, so that all workers end together."""
    items.sort(key=lambda item: (*LONGEST_FIRST, _room(item)).index(_room(item)))


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every worker of this run of pytest sees."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def what_dbt_has_read(shared: Path) -> None:
    """The folder from which every warehouse takes it; and the profile, in which DuckDB has as many threads as dbt.

    On a handful of rows, and beside other workers, DuckDB's own two cost a tenth of the CPU seconds.
    """
    Throwaway.parsed = shared / "parsed"
    Throwaway.parsed.mkdir(exist_ok=True)
    profile = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    duckdb = profile["clm"]["outputs"]["duckdb"]
    duckdb["settings"]["threads"] = duckdb["threads"]
    own = shared / f"profiles.{os.getpid()}"
    own.write_text(yaml.safe_dump(profile), encoding="utf-8")
    own.rename(shared / "profiles.yml")
    Throwaway.profiles = shared


@pytest.fixture(scope="session")
def made_once(shared: Path) -> Callable[..., Throwaway]:
    """made_once(name, make): the warehouse that `make` has filled, for every worker of pytest the same one.

    The worker that asks first makes it, others wait. Copy it, never change it.
    """

    def once(name: str, make: Callable[[Throwaway], None], raw_from: str = "source") -> Throwaway:
        house = Throwaway(shared / name, raw_from)
        made = house.folder / "made"
        with (house.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                make(house)
                made.touch()
        return house

    return once


@pytest.fixture(scope="session")
def seeded(made_once: Callable[..., Throwaway]) -> Throwaway:
    """A warehouse that holds the reference lists and nothing else."""
    return made_once("seeded", lambda house: house.dbt("seed", "--select", "path:seeds/reference", artifacts=True))


@pytest.fixture(scope="session")
def new_warehouse(seeded: Throwaway, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Throwaway]:
    """new_warehouse(name): a warehouse of one's own, with the reference lists in it."""

    def make(name: str) -> Throwaway:
        return seeded.copy(tmp_path_factory.mktemp(name))

    return make


@pytest.fixture(scope="session")
def manifest(seeded: Throwaway) -> dict[str, Any]:
    """The project's manifest, as dbt wrote it."""
    return seeded.manifest()
