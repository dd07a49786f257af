"""CDNOW, click events, and files named after the raw tables."""

from __future__ import annotations

import random
from decimal import Decimal

import duckdb
import pytest
from clm_ml.errors import DataRefused, UsageError

CLICKS = [
    "anna,catalog,2019-11-01 17:59:13.273932",
    "anna,product1,2019-11-01 17:59:28.459271",
    "ben,catalog,2019-11-01 18:00:00",
    "ben,cart,2019-11-01 20:05:00+02:00",
    "cleo,catalog,2019-11-02 00:00:00",
]
EVENTS = "select event_id, occurred_at, anonymous_id, customer_id, event_type from raw.events order by event_id"


def _clicks(lines):
    return "user,event,timestamp\n" + "\n".join(lines) + "\n"


def test_clicks_are_events_in_utc_and_kept_as_written(warehouse):
    warehouse.load("click_events", warehouse.file("clicks.csv", _clicks(CLICKS)))
    found = warehouse.rows("select anonymous_id, customer_id, event_type, occurred_at::varchar from raw.events")
    assert len(found) == 5
    assert ("ben", None, "cart", "2019-11-01 18:05:00") in found


def test_ten_shuffled_files_give_the_events_of_one(warehouse):
    warehouse.load("click_events", warehouse.file("clicks.csv", _clicks(CLICKS)))
    at_once = warehouse.rows(EVENTS)
    warehouse.path.unlink()
    shuffled = random.Random(1).sample(CLICKS, len(CLICKS))
    for at, line in enumerate(shuffled):
        warehouse.load("click_events", warehouse.file(f"{at}.csv", _clicks([line])))
    assert warehouse.rows(EVENTS) == at_once


def test_identical_clicks_of_one_file_are_two_events(warehouse):
    warehouse.load("click_events", warehouse.file("clicks.csv", _clicks([CLICKS[0], CLICKS[1], CLICKS[0]])))
    ids = [row[0] for row in warehouse.rows(EVENTS)]
    assert len(set(ids)) == 3
    assert len({event_id.rpartition("-")[0] for event_id in ids}) == 2


def test_a_click_file_with_other_headers_is_named_column_by_column(warehouse):
    path = warehouse.file("clicks.csv", "who,event,when\nanna,cart,2019-11-01 18:00:00\n")
    with pytest.raises(DataRefused, match=r"user .*timestamp"):
        warehouse.load("click_events", path)
    result = warehouse.load("click_events", path, user="who", timestamp="when")
    assert result.files[0].rows == {"events": 1}
    with pytest.raises(UsageError, match="has no column visitor"):
        warehouse.load("click_events", path, visitor="who")


def test_cdnow_master_and_sample_give_one_order_per_line(warehouse):
    header = " customer_id  date number_of_cds  dollar_value\r\n"
    master = header + " 00001 19970101  1   11.77\r\n 00002 19970112  1   0.00\r\n"
    sample = " 00004 0001 19970101  2   29.33\r\n" * 2 + " 00004 0001 19971301  2   1.00\r\n"
    files = warehouse.load(
        "cdnow", warehouse.file("master.txt", master), warehouse.file("sample.txt", "\ufeff" + sample)
    ).files
    assert [(f.header_count, f.accepted_count, f.quarantined_count) for f in files] == [(1, 2, 0), (0, 2, 1)]
    assert warehouse.rows("select order_id, customer_id, gross_amount from raw.orders order by 1") == [
        ("00001-19970101-1-11.7700-1", "00001", Decimal("11.77")),
        ("00002-19970112-1-0.0000-1", "00002", Decimal(0)),
        ("00004-19970101-2-29.3300-1", "00004", Decimal("29.33")),
        ("00004-19970101-2-29.3300-2", "00004", Decimal("29.33")),
    ]


def test_contract_files_keep_their_types_as_csv_and_as_parquet(warehouse):
    text = "order_id,ordered_at,gross_amount,recorded_at,loaded_at\nA1,2024-01-05 10:00:00,12.5,,2020-01-01\n"
    csv, parquet = warehouse.file("orders.csv", text), warehouse.folder / "orders.parquet"
    with duckdb.connect() as con:
        con.execute(
            "copy (select 'A1' as order_id, timestamp '2024-01-05 10:00' as ordered_at, 12.5::double as gross_amount "
            f"union all select null, timestamp '2024-01-06', 1) to '{parquet}' (format parquet)"
        )
    by_csv, by_parquet = warehouse.load("contract", csv, parquet).files
    assert (by_csv.accepted_count, by_parquet.accepted_count, by_parquet.quarantined_count) == (1, 1, 1)
    assert (by_parquet.line_count, by_parquet.header_count) == (2, 0)
    columns = "order_id, ordered_at::varchar, gross_amount, loaded_at > timestamp '2024-01-01'"
    row = ("A1", "2024-01-05 10:00:00", Decimal("12.5"), True)
    assert warehouse.rows(f"select {columns} from raw.orders") == [row, row]
    kept = warehouse.rows("select line_number, reason, line_text from raw.load_rejects")
    assert kept[0][:2] == (2, "order_id: empty")
    assert '"gross_amount":1.0' in kept[0][2]


def test_a_table_of_an_older_contract_gets_the_columns_that_came_since(warehouse):
    text = "ticket_id,customer_id,opened_at,closed_at\nT1,anna,2024-01-05 10:00:00,\n"
    warehouse.load("contract", warehouse.file("support_tickets.csv", text))
    with duckdb.connect(str(warehouse.path)) as con:
        con.execute("alter table raw.support_tickets drop column first_response_at")
    text = "ticket_id,customer_id,opened_at,first_response_at\nT2,ben,2024-01-05 10:00:00,2024-01-05 11:00:00\n"
    assert warehouse.load("contract", warehouse.file("support_tickets.csv", text)).files[0].accepted_count == 1
    rows = "select ticket_id, first_response_at::varchar from raw.support_tickets order by 1"
    assert warehouse.rows(rows) == [("T1", None), ("T2", "2024-01-05 11:00:00")]


def test_parquet_values_of_the_wrong_type_are_quarantined(warehouse):
    parquet = warehouse.folder / "reviews.parquet"
    with duckdb.connect() as con:
        con.execute(
            "copy (select 'R' || i as review_id, 'anna' as customer_id, i + 0.5 * (i % 2) as rating, "
            f"'2024-01-05' as created_at from range(4) as t(i)) to '{parquet}' (format parquet)"
        )
    result = warehouse.load("contract", parquet).files[0]
    assert (result.accepted_count, result.quarantined_count) == (2, 2)
    assert warehouse.rows("select reason from raw.load_rejects")[0] == ("rating: no bigint: 1.5",)


def test_a_contract_file_is_named_after_its_table(warehouse):
    with pytest.raises(UsageError, match=r"order\.csv is not named after a raw table"):
        warehouse.load("contract", warehouse.file("order.csv", "order_id,ordered_at\n"))


@pytest.mark.real_data
def test_the_real_cdnow_files(warehouse, real_data):
    folder = real_data / "cdnow"
    master = warehouse.load("cdnow", folder / "CDNOW_master.txt.gz").files[0]
    assert (master.line_count, master.accepted_count) == (69_660, 69_659)
    assert master.rows == {"orders": 69_659, "customers": 23_570}
    sample = warehouse.load("cdnow", folder / "CDNOW_sample.txt").files[0]
    assert (sample.line_count, sample.header_count, sample.accepted_count) == (6_919, 0, 6_919)
    assert warehouse.rows("select count(distinct order_id) from raw.orders") == [(69_659,)]


@pytest.mark.real_data
def test_the_real_clicks_at_once_and_in_ten_shuffled_files(warehouse, real_data):
    import gzip

    path = real_data / "retentioneering" / "simple_onlineshop.csv.gz"
    warehouse.load("click_events", path)
    at_once = warehouse.rows(EVENTS)
    assert len(at_once) == 32_283
    warehouse.path.unlink()
    head, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    random.Random(1).shuffle(lines)
    files = [warehouse.file(f"{at}.csv", "\n".join([head, *lines[at::10]])) for at in range(10)]
    for file in files:
        warehouse.load("click_events", file)
    assert warehouse.rows(EVENTS) == at_once
