"""One small shop, simulated once, for the tests that look at its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from clm_ml.simulate import run
from clm_ml.simulate.shop import Shop

SMALL = Shop(customers=700, months=9, seed=5, event_rate=0.2)


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a shop of 700 customers, simulated in blocks of 300."""
    folder = tmp_path_factory.mktemp("shop") / "files"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "BLOCK_CUSTOMERS", 300)
        run.simulate(SMALL, folder)
    return folder


@pytest.fixture(scope="session")
def ask(small_shop: Path) -> Callable[[str], list[tuple[object, ...]]]:
    """ask(sql): rows of a query over the small shop's tables, by their names."""
    con = duckdb.connect()
    for path in small_shop.rglob("*.parquet"):
        con.execute(f"create view {path.stem} as select * from '{path}'")
    return lambda sql: con.execute(sql).fetchall()
