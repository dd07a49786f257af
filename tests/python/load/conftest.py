"""A warehouse of one's own per test, and a till: a few orders as a small shop would export them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest
from clm_ml.load.ledger import FileResult
from clm_ml.load.run import LoadResult, load

ROOT = Path(__file__).parents[3]

TILL = """
columns:
  order_no: {header: Order No, not_null: true, required: true}
  buyer: {header: [Buyer, Customer]}
  paid_at: {header: Paid, type: timestamp, required: true, not_null: true}
  amount: {header: Amount, type: decimal, required: true, not_null: true}
rules:
  - {reason: paid by staff, when: buyer = 'staff'}
tables:
  orders:
    columns: {order_id: order_no, customer_id: buyer, ordered_at: paid_at, gross_amount: amount}
"""


class Warehouse:
    """Loads files that the test writes, and asks what is in the warehouse afterwards."""

    till = TILL

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "warehouse.duckdb"

    def file(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def mapping(self, text: str = TILL, name: str = "till.yml") -> str:
        return str(self.file(name, text))

    def load(self, mapping: str, *paths: Path, **renamed: str) -> LoadResult:
        return load(mapping, paths, renamed)

    def load_till(self, content: bytes | str, name: str = "till.csv", mapping: str = TILL) -> FileResult:
        return self.load(self.mapping(mapping), self.file(name, content)).files[0]

    def rows(self, sql: str) -> list[Any]:
        with duckdb.connect(str(self.path), read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            return con.execute(sql).fetchall()

    def tables(self) -> list[str]:
        if not self.path.exists():
            return []
        return [r[0] for r in self.rows("select table_name from information_schema.tables order by 1")]


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("DBT_PROJECT_DIR", str(ROOT))
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    house = Warehouse(tmp_path)
    monkeypatch.setenv("CLM_DATABASE", str(house.path))
    return house


@pytest.fixture
def real_data() -> Path:
    """The folder of the real files; the test is skipped where there is none."""
    folder = Path(os.environ.get("CLM_REAL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real files: {folder} is absent (CLM_REAL_DATA names the folder)")
    return folder
