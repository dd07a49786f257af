"""What tests of every room share: throw-away warehouses, and the project as dbt understands it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from throwaway import ROOT, Throwaway

HERE = Path(__file__).parent


SHARED = ("demo", "built_shop")  # warehouses that tests of several files read
LONGEST_FIRST = ("warehouse", "acceptance", "models", "load", "churn")  # so that workers end at about the same time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `pytest -n 2 --dist loadgroup`: tests that share a warehouse stay with one worker."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: (*LONGEST_FIRST, _room(item)).index(_room(item)))


def _group(item: pytest.Item) -> str:
    """The shared warehouse that it reads; else its file, or its room where files share what they train."""
    shared = [name for name in SHARED if name in getattr(item, "fixturenames", ())]
    alone = item.path.stem if _room(item) in LONGEST_FIRST[:3] else _room(item)
    return shared[0] if shared else alone


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Throwaway:
    """A warehouse that holds the reference lists and nothing else. Copy it, never change it."""
    house = Throwaway(tmp_path_factory.mktemp("seeded"))
    house.dbt("seed", "--select", "path:seeds/reference")
    return house


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
