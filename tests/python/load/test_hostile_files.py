"""Every kind of broken line is kept with its number and reason, and the lines of every file add up."""

from __future__ import annotations

import gzip

import pytest
from clm_ml.errors import DataRefused

HEAD = b"Order No,Buyer,Paid,Amount\n"
ANNA = b"A1,anna,2024-01-05 10:00:00,12.50\n"
BEN = b"B1,ben,2024-01-06 11:30:00,7\n"

# name: (content, accepted lines, {line number: start of the reason}, blank lines)
HOSTILE = {
    "clean": (HEAD + ANNA + BEN, 2, {}, 0),
    "no newline at the end": (HEAD + ANNA + BEN[:-1], 2, {}, 0),
    "header only": (HEAD, 0, {}, 0),
    "header only, no newline": (HEAD[:-1], 0, {}, 0),
    "byte order mark": (b"\xef\xbb\xbf" + HEAD + ANNA, 1, {}, 0),
    "windows line ends": ((HEAD + ANNA + BEN).replace(b"\n", b"\r\n"), 2, {}, 0),
    "mixed line ends": (HEAD + ANNA.replace(b"\n", b"\r\n") + BEN, 2, {}, 0),
    "blank lines": (b"\n" + HEAD + b"\n  \n" + ANNA + b"\r\n", 1, {}, 4),
    "too few columns": (HEAD + b"A1,anna,2024-01-05\n" + BEN, 1, {2: "3 fields where the header has 4"}, 0),
    "too many columns": (HEAD + ANNA[:-1] + b",x\n" + BEN, 1, {2: "5 fields where the header has 4"}, 0),
    "only delimiters": (HEAD + b",,,\n" + BEN, 1, {2: "order_no: empty; paid_at: empty; amount: empty"}, 0),
    "not a number": (HEAD + b"A1,anna,2024-01-05,twelve\n" + BEN, 1, {2: "amount: no decimal: twelve"}, 0),
    "number with a unit": (HEAD + b"A1,anna,2024-01-05,12.50 EUR\n" + BEN, 1, {2: "amount: no decimal"}, 0),
    "not a number, nan": (HEAD + b"A1,anna,2024-01-05,nan\n" + BEN, 1, {2: "amount: no decimal: nan"}, 0),
    "too large a number": (HEAD + b"A1,anna,2024-01-05,1e30\n" + BEN, 1, {2: "amount: no decimal: 1e30"}, 0),
    "no such day": (HEAD + b"A1,anna,2024-02-30,1\n" + BEN, 1, {2: "paid_at: no timestamp: 2024-02-30"}, 0),
    "a number as date": (HEAD + b"A1,anna,45296,1\n" + BEN, 1, {2: "paid_at: no timestamp: 45296"}, 0),
    "two faults": (HEAD + b"A1,anna,soon,much\n", 0, {2: "paid_at: no timestamp: soon; amount: no decimal: much"}, 0),
    "key missing": (HEAD + b" ,anna,2024-01-05,1\n" + BEN, 1, {2: "order_no: empty"}, 0),
    "rule": (HEAD + b"A1,staff,2024-01-05,1\n" + BEN, 1, {2: "paid by staff"}, 0),
    "unclosed quote": (HEAD + b'A1,"anna,2024-01-05,1\n' + BEN + ANNA, 2, {2: "unclosed quote"}, 0),
    "unclosed quote at the end": (HEAD + BEN + b'A1,"anna,2024-01-05,1', 1, {3: "unclosed quote"}, 0),
    "stray quote after a field": (HEAD + b'A1,"an"na,2024-01-05,1\n' + BEN, 1, {2: "stray quote"}, 0),
    "two stray quotes": (
        HEAD + b'A1,"anna,2024-01-05,1\n' + BEN + b'C1,"cleo,2024-01-05,1\n' + ANNA,
        2,
        {2: "unclosed quote", 4: "unclosed quote"},
        0,
    ),
    "good line between two stray quotes": (
        HEAD + b'A1,"anna\n' + BEN + b'x",2024-01-05,1\n' + ANNA,
        2,
        {2: "unclosed quote", 4: "3 fields where the header has 4"},
        0,
    ),
    "inch mark": (HEAD + b'A1,anna 5" ltd,2024-01-05,1\n', 1, {}, 0),
    "quoted delimiter": (HEAD + b'A1,"anna, ben",2024-01-05,1\n', 1, {}, 0),
    "quoted field over three lines": (HEAD + b'A1,"anna\n\nof x",2024-01-05,1\n' + BEN, 4, {}, 0),
    "bad field in a record of two lines": (
        HEAD + b'A1,"an\nna",2024-01-05,x\n' + BEN,
        1,
        {2: "amount: no decimal: x", 3: "amount: no decimal: x"},
        0,
    ),
    "invalid utf-8": (HEAD + b"A1,Andr\xe9,2024-01-05,1\n" + BEN, 1, {2: "not utf-8 text"}, 0),
    "nul byte": (HEAD + b"A1,an\x00na,2024-01-05,1\n" + BEN, 1, {2: "NUL byte"}, 0),
    "carriage return inside": (HEAD + b"A1,an\rna,2024-01-05,1\n" + BEN, 1, {2: "carriage return"}, 0),
    "binary": (HEAD + bytes(range(256)) + b"\n" + BEN, 1, {2: "NUL byte", 3: "not utf-8 text"}, 0),
    "a second header": (HEAD + ANNA + HEAD + BEN, 2, {3: "paid_at: no timestamp: Paid"}, 0),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_line_is_accounted_for(warehouse, kind):
    content, accepted, rejected, blank = HOSTILE[kind]
    result = warehouse.load_till(content)
    assert result.line_count == content.count(b"\n") + (not content.endswith(b"\n"))
    assert (result.header_count, result.blank_count) == (1, blank)
    assert (result.accepted_count, result.quarantined_count) == (accepted, len(rejected))
    kept = dict(warehouse.rows("select line_number, reason from raw.load_rejects order by 1"))
    assert kept.keys() == rejected.keys()
    assert all(kept[number].startswith(reason) for number, reason in rejected.items())


def test_the_line_is_kept_as_it_stood(warehouse):
    warehouse.load_till(HEAD + b'A1,"an\nna",2024-01-05,x\nB1,Andr\xe9\x00,2024-01-05,1\n')
    kept = warehouse.rows("select file_name, line_number, line_text from raw.load_rejects order by 2")
    assert kept == [
        ("till.csv", 2, 'A1,"an'),
        ("till.csv", 3, 'na",2024-01-05,x'),
        ("till.csv", 4, r"B1,Andr\xe9\x00,2024-01-05,1"),
    ]


def test_gzip_is_told_by_its_bytes_and_counts_as_the_same_content(warehouse):
    content = HEAD + ANNA + BEN
    assert warehouse.load_till(gzip.compress(content), "till.txt").accepted_count == 2
    assert warehouse.load_till(content).status == "already loaded"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (gzip.compress(HEAD + ANNA * 1000)[:-20], "damaged gzip"),
        ((HEAD + ANNA).decode().encode("utf-16"), "UTF-16"),
        (b"Order\xff No,Paid\n", "header cannot be read"),
        (b'"Order No,Buyer,Paid,Amount\n', "header cannot be read"),
        (b"PAR1 and then nothing", "cannot be read as Parquet"),
        (b"Order No;Buyer;Paid;Amount\n", "lacks required columns: order_no"),
        (b"Order No,Buyer,Paid,Amount,paid\n" + ANNA, "has the column 'paid' 2 times"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_load_before_anything_is_written(warehouse, content, said):
    with pytest.raises(DataRefused, match=said):
        warehouse.load_till(content)
    assert warehouse.tables() == []


def test_missing_columns_are_all_named_with_the_header_that_was_found(warehouse):
    with pytest.raises(DataRefused) as refused:
        warehouse.load_till("Order No,Buyer,When,Total\nA1,anna,2024-01-05,1\n")
    assert "till.csv lacks required columns: paid_at (as 'Paid'); amount (as 'Amount')" in refused.value.message
    assert "'Order No', 'Buyer', 'When', 'Total'" in refused.value.message
    assert refused.value.exit_code == 3


def test_columns_are_found_by_name_wherever_they_stand(warehouse, capsys):
    warehouse.load_till("note,AMOUNT,customer,Paid,order no\nhi,3.10,anna,2024-01-05T10:00:00+02:00,A1\n")
    found = warehouse.rows(
        "select order_id, customer_id, cast(ordered_at as varchar), gross_amount::varchar from raw.orders"
    )
    assert found == [("A1", "anna", "2024-01-05 08:00:00", "3.1000")]
    assert "not loaded: note" in capsys.readouterr().err


def test_a_line_that_no_table_takes_is_kept_not_dropped(warehouse):
    mapping = (
        "columns: {kind: {required: true}, id: {}}\n"
        "tables: {orders: {where: kind = 'order', columns: {order_id: id}}}\n"
    )
    result = warehouse.load_till("kind,id\norder,1\ngift,2\n,3\n", mapping=mapping)
    assert (result.accepted_count, result.quarantined_count) == (1, 2)


def test_other_encodings_and_delimiters_are_declared(warehouse):
    mapping = (
        "format: {delimiter: ';', encoding: windows-1252, null_values: ['', '-']}\n"
        "columns: {id: {required: true, not_null: true}, name: {}, day: {type: date, format: '%d.%m.%Y'}}\n"
        "tables: {customers: {columns: {customer_id: id, full_name: name, birth_date: day}}}\n"
    )
    result = warehouse.load_till("id;name;day\n1;André;31.12.1980\n-;x;-\n2;-;-\n".encode("cp1252"), mapping=mapping)
    assert (result.accepted_count, result.quarantined_count) == (2, 1)
    found = warehouse.rows("select customer_id, full_name, birth_date::varchar from raw.customers order by 1")
    assert found == [("1", "André", "1980-12-31"), ("2", None, None)]
