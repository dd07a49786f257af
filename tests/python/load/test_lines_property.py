"""Whatever bytes a file holds, no line of it is lost, and the size of the blocks it is read in does not matter."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

import duckdb
from clm_ml.load.lines import LineReader, fingerprint
from clm_ml.load.mapping import Column, Format, Mapping, Table
from clm_ml.load.plan import plan_file
from clm_ml.load.run import load_plans
from hypothesis import given, settings
from hypothesis import strategies as st

HEAD = b"id,amount\n"
BYTES = [b'"', b",", b"\n", b"\r\n", b"\r", b"\x00", b"\xff", b"\xc3", b" ", b"a", b'""', b'",']
PIECES = [b"1,2\n", b'1,"a\nb"\n', b'1,"a\n', b'"\n']
AWKWARD = st.sampled_from([*BYTES, *PIECES])
BODIES = st.one_of(st.binary(max_size=200), st.lists(AWKWARD, max_size=60).map(b"".join))
MAPPING = Mapping(
    "any",
    columns=(Column("id", ("id",), required=True), Column("amount", ("amount",), "decimal", required=True)),
    tables=(Table("orders", {"order_id": "id", "gross_amount": "amount"}),),
)


def _read(path: Path, block_bytes: int) -> tuple[list[tuple[object, ...]], LineReader]:
    with mock.patch("clm_ml.load.lines.BLOCK_BYTES", block_bytes):
        reader = LineReader(path, Format(), 2, True)
        records = [
            row
            for r in reader
            for row in zip(r.numbers, r.spans, r.texts, r.problems, map(str, r.fields), strict=True)
        ]
    return records, reader


@settings(max_examples=400, deadline=None)
@given(body=BODIES, block_bytes=st.integers(1, 40))
def test_no_line_is_lost_and_blocks_do_not_matter(body, block_bytes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(HEAD + body)
        whole, reader = _read(path, 1 << 20)
        pieces, _ = _read(path, block_bytes)
        lines = fingerprint(path).line_count
    assert pieces == whole
    assert reader.header_count + reader.blank_count + sum(record[1] for record in whole) == lines


@settings(max_examples=60, deadline=None)
@given(body=BODIES)
def test_a_whole_load_of_random_bytes_adds_up(
    body,
):
    from clm_ml.project import raw_tables

    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        path = Path(folder) / "any.csv"
        path.write_bytes(HEAD + body)
        plan = plan_file(path, MAPPING, raw_tables())
        result = load_plans(con, MAPPING, [plan], raw_tables()).files[0]
        rejects = con.execute("select count(*) from raw.load_rejects").fetchone()
        orders = con.execute("select count(*) from raw.orders").fetchone()
    text = HEAD + body
    assert result.line_count == text.count(b"\n") + (not text.endswith(b"\n"))
    assert rejects == (result.quarantined_count,)
    assert orders is not None
    assert orders[0] <= result.accepted_count
