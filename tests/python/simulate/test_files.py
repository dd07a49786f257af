"""What `clm-ml simulate` writes: the contract's tables, the same bytes for the same seed, amounts that add up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from clm_ml.cli import app
from clm_ml.errors import ClmError
from clm_ml.project import raw_tables
from clm_ml.simulate.columns import chosen, money
from clm_ml.simulate.files import TableFile
from clm_ml.simulate.run import simulate
from clm_ml.simulate.shop import Shop
from typer.testing import CliRunner

Ask = Callable[[str], list[tuple[object, ...]]]
TINY = ["--customers", "40", "--months", "6", "--event-rate", "0.1"]


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path, file_format: str) -> None:
    for name, seed in (("once", 3), ("again", 3), ("other", 4)):
        simulate(Shop(60, 6, seed, event_rate=0.1), tmp_path / name, file_format)
    once, again, other = (_hashes(tmp_path / name) for name in ("once", "again", "other"))
    assert len(once) == 17
    assert once == again
    assert once[f"events.{file_format}"] != other[f"events.{file_format}"]


def test_every_table_has_exactly_the_contracts_columns_and_rows(small_shop: Path) -> None:
    for table in raw_tables().values():
        file = pq.read_table(small_shop / f"{table.name}.parquet")
        assert file.column_names == [c for c in table.columns if c != "loaded_at"]
        assert file.num_rows > 0, table.name


def test_required_columns_are_filled(ask: Ask) -> None:
    for table in raw_tables().values():
        for column in table.required:
            assert ask(f"select count(*) from {table.name} where {column} is null") == [(0,)], (table.name, column)


def test_keys_are_unique_over_all_blocks_but_for_versions(ask: Ask) -> None:
    for table in raw_tables().values():
        key = ", ".join(table.key)
        assert ask(f"select {key} from {table.name} group by {key}, recorded_at having count(*) > 1") == [], (
            table.name
        )


def test_an_orders_amounts_are_the_sums_of_its_lines_to_the_cent(ask: Ask) -> None:
    rows = ask("""
        select o.gross_amount, o.discount_amount,
            sum(quantity * unit_price)::decimal(18, 2), sum(i.discount_amount)::decimal(18, 2), count(*)
        from (select distinct on (order_id) * from orders) as o join order_items as i using (order_id)
        group by order_id, o.gross_amount, o.discount_amount""")
    assert len(rows) == ask("select count(distinct order_id) from orders")[0][0]
    for gross, discount, line_gross, line_discount, lines in rows:
        assert isinstance(gross, Decimal)
        assert (gross, discount) == (line_gross, line_discount)
        assert 1 <= int(str(lines)) <= 4


def test_refunds_never_exceed_what_was_paid_and_some_are_full(ask: Ask) -> None:
    rows = ask("""
        select amount > gross_amount - discount_amount, amount = gross_amount - discount_amount, count(*)
        from refunds join (select distinct on (order_id) * from orders) using (order_id) group by all""")
    assert {(more, full) for more, full, _ in rows} == {(False, True), (False, False)}


def test_nothing_stands_in_the_files_that_was_not_known_at_the_end(ask: Ask) -> None:
    for table in raw_tables().values():
        for column, data_type in table.columns.items():
            if data_type == "timestamp" and column not in ("loaded_at", "ends_at"):
                late = ask(f"select count(*) from {table.name} where {column} >= timestamp '2025-07-01'")
                assert late == [(0,)], (table.name, column)


def test_some_events_are_late_some_sent_twice_some_of_strangers_some_of_shared_devices(ask: Ask) -> None:
    (late, twice, strangers, shared) = ask("""
        select count(*) filter (recorded_at > occurred_at + interval 1 day) / count(*),
            count(*) - count(distinct event_id),
            count(distinct anonymous_id) - count(distinct anonymous_id) filter (customer_id is not null),
            (select count(*) from (select anonymous_id from events group by 1 having count(distinct customer_id) > 1))
        from events""")[0]
    assert 0.005 < float(str(late)) < 0.025
    assert min(int(str(n)) for n in (twice, strangers, shared)) > 0


def test_the_truth_stands_apart(small_shop: Path) -> None:
    assert sorted(p.name for p in (small_shop / "truth").iterdir()) == [
        "truth_customers.parquet",
        "truth_traits.parquet",
    ]
    assert not list(small_shop.glob("truth*.parquet"))


def test_a_column_that_the_contract_does_not_know_is_an_error(tmp_path: Path) -> None:
    import numpy as np

    file = TableFile(tmp_path, "refunds", {"refund_id": "string", "amount": "decimal(18,4)"}, "csv")
    file.write({"amount": money(np.array([-150]))})
    with pytest.raises(ClmError, match="mood"):
        file.write({"mood": chosen(("sad",), np.array([0]))})
    file.finish()
    assert (tmp_path / "refunds.csv").read_text() == "refund_id,amount\n,-1.50\n"


def test_the_command_prints_the_rows_of_every_table(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate", *TINY, "--out", str(tmp_path / "shop")])
    assert result.exit_code == 0, result.output
    assert dict(line.split("\t") for line in result.stdout.splitlines())["customers"] == "40"


@pytest.mark.parametrize(
    "wrong", [["--format", "xlsx"], ["--event-rate", "0"], ["--end-date", "June"], ["--customers", "0"]]
)
def test_wrong_usage_is_exit_2(tmp_path: Path, wrong: list[str]) -> None:
    result = CliRunner().invoke(app, ["simulate", *TINY, "--out", str(tmp_path / "shop"), *wrong])
    assert result.exit_code == 2
    assert not (tmp_path / "shop").exists()


def test_a_folder_that_holds_something_is_left_alone_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear Ada")
    command = ["simulate", *TINY, "--out", str(tmp_path)]
    assert CliRunner().invoke(app, command).exit_code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
    assert CliRunner().invoke(app, [*command, "--overwrite"]).exit_code == 0
