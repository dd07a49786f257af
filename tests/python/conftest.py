"""What tests of every room share: throw-away warehouses, and the project as dbt understands it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from throwaway import ROOT, Throwaway

HERE = Path(__file__).parent

LONGEST_FIRST = ("warehouse", "acceptance", "models", "load", "churn")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `pytest -n 2 --dist loadfile`: rooms that take longest come first, so that both workers end together."""
    items.sort(key=lambda item: (*LONGEST_FIRST, _room(item)).index(_room(item)))


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
