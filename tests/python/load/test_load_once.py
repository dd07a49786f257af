"""One call is one transaction with one instant; the same content twice is the same as once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from clm_ml.errors import ClmError, UsageError, WarehouseUnavailable
from clm_ml.load import run

ANNA = "Order No,Buyer,Paid,Amount\nA1,anna,2024-01-05 10:00:00,12.50\n"
BEN = "Order No,Buyer,Paid,Amount\nB1,ben,2024-01-06 10:00:00,oops\n"


def test_the_same_file_again_changes_nothing(warehouse, capsys):
    warehouse.load_till(ANNA)
    before = warehouse.rows("from raw.orders"), warehouse.rows("from raw.load_files")
    again = warehouse.load(warehouse.mapping(), warehouse.file("copy of till.csv", ANNA))
    assert (again.loaded_at, again.files[0].status, again.files[0].rows) == (None, "already loaded", {})
    assert "loaded before" in capsys.readouterr().err
    assert (warehouse.rows("from raw.orders"), warehouse.rows("from raw.load_files")) == before


def test_the_same_file_twice_in_one_call_counts_once(warehouse):
    first, copy = warehouse.file("a.csv", ANNA), warehouse.file("b.csv", ANNA)
    assert [f.status for f in warehouse.load(warehouse.mapping(), first, copy).files] == ["loaded", "already loaded"]
    assert warehouse.rows("select count(*) from raw.orders") == [(1,)]


def test_a_mapping_that_says_something_else_loads_the_file_again(warehouse):
    warehouse.load_till(ANNA)
    reworded = warehouse.mapping("# neither a comment nor a name counts\n" + warehouse.till, name="cash_desk.yml")
    assert warehouse.load(reworded, warehouse.folder / "till.csv").files[0].status == "already loaded"
    assert warehouse.load_till(ANNA, mapping=warehouse.till.replace("type: decimal", "type: text")).status == "loaded"


def test_loaded_at_is_one_per_call_and_always_later(warehouse, monkeypatch):
    files = [warehouse.file("a.csv", ANNA), warehouse.file("b.csv", BEN)]
    first = warehouse.load(warehouse.mapping(), *files).loaded_at
    with_future_clock = warehouse.rows("select distinct loaded_at from raw.load_files")
    assert with_future_clock == [(first,)]
    assert warehouse.rows(
        "select distinct loaded_at from raw.orders union select loaded_at from raw.load_rejects"
    ) == [(first,)]
    monkeypatch.setattr("clm_ml.load.ledger.datetime", _StoppedClock(first))
    second = warehouse.load(warehouse.mapping(), warehouse.file("c.csv", ANNA.replace("A1", "A2"))).loaded_at
    assert (second - first).total_seconds() == pytest.approx(1e-6)


class _StoppedClock:
    def __init__(self, at):
        self.at = at

    def now(self, zone):
        return self.at.replace(tzinfo=zone)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_the_middle_writes_nothing(warehouse, monkeypatch, error):
    warehouse.load_till(ANNA)
    before = warehouse.rows("from raw.orders"), warehouse.rows("from raw.load_files")

    def broken(*args):
        raise error

    monkeypatch.setattr(run, "write_entry", broken)
    with pytest.raises(error):
        warehouse.load(warehouse.mapping(), warehouse.file("b.csv", BEN))
    assert (warehouse.rows("from raw.orders"), warehouse.rows("from raw.load_files")) == before
    assert warehouse.rows("from raw.load_rejects") == []


def test_a_killed_load_leaves_no_trace(warehouse):
    warehouse.load_till(ANNA)
    path = warehouse.file("b.csv", BEN)
    killed = (
        "import os, pathlib, clm_ml.load.run as run\n"
        "run.write_entry = lambda *args: os.kill(os.getpid(), 9)\n"
        f"run.load({warehouse.mapping()!r}, [pathlib.Path({str(path)!r})])\n"
    )
    assert subprocess.run([sys.executable, "-c", killed], capture_output=True).returncode == -9
    assert warehouse.rows("select count(*) from raw.load_files") == [(1,)]
    assert warehouse.rows("select count(*) from raw.load_rejects") == [(0,)]
    assert warehouse.load(warehouse.mapping(), path).files[0].quarantined_count == 1


def test_lines_that_do_not_add_up_are_rolled_back(warehouse, monkeypatch):
    honest = run.land_text
    monkeypatch.setattr(run, "land_text", lambda con, plan: (honest(con, plan)[0], 1))
    with pytest.raises(ClmError, match="has 2 lines, 3 are accounted for"):
        warehouse.load_till(ANNA)
    assert warehouse.tables() == []


def test_one_bad_file_holds_back_the_whole_call(warehouse):
    good, bad = warehouse.file("a.csv", ANNA), warehouse.file("b.csv", "Order No\nA1\n")
    with pytest.raises(ClmError, match=r"b\.csv lacks required columns"):
        warehouse.load(warehouse.mapping(), good, bad)
    assert warehouse.tables() == []


def test_a_file_that_changes_while_it_is_read_is_refused(warehouse, monkeypatch):
    path = warehouse.file("a.csv", ANNA)
    honest = run.plan_file

    def plan_then_change(*args):
        plan = honest(*args)
        path.write_text(ANNA.replace("12.50", "99.50"))
        return plan

    monkeypatch.setattr(run, "plan_file", plan_then_change)
    with pytest.raises(ClmError, match="changed while it was read"):
        warehouse.load(warehouse.mapping(), path)
    assert warehouse.tables() == []


def test_a_held_warehouse_is_exit_4(warehouse):
    warehouse.load_till(ANNA)
    hold = (
        f"import duckdb, time; c = duckdb.connect({str(warehouse.path)!r}); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(WarehouseUnavailable):
            warehouse.load(warehouse.mapping(), warehouse.file("b.csv", BEN))
        holder.terminate()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("type: decimal", "type: money"), "type 'money' is none of"),
        (("  orders:", "  order:"), "there is no raw table 'order'"),
        (("gross_amount: amount", "gross: amount"), "takes no column gross"),
        (("gross_amount: amount", "gross_amount: amuont"), "amuont"),
        (("rules:", "rulez:"), "the file has no rulez"),
        (("reason: paid by staff,", ""), "a rule lacks reason"),
        (("buyer = 'staff'", "buyer ="), "derive and rules"),
        (("buyer: {", "line_number: {"), "the name 'line_number' is taken"),
    ],
)
def test_a_wrong_mapping_is_named_and_writes_nothing(warehouse, change, said):
    with pytest.raises(UsageError, match=said):
        warehouse.load_till(ANNA, mapping=warehouse.till.replace(*change))
    assert warehouse.tables() == []
