"""Online Retail II: each decision on a few lines, then on the real million."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

HEAD = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"

# The sheets meet between 2010-12-09 and 2010-12-01: 536365 stands in both, its identical lines twice in each.
FIRST_SHEET = """\
489434,85048,GLASS BALL,12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom
489434,POST,POSTAGE,1,2009-12-01 07:46:00,18.00,13085.0,United Kingdom
489434,M,Manual,1,2009-12-01 07:46:00,99.00,13085.0,United Kingdom
C489449,85048,GLASS BALL,-2,2009-12-02 09:00:00,6.95,13085.0,United Kingdom
489464,21733,85123a mixed,-96,2009-12-03 10:52:00,0.0,,United Kingdom
489500,TEST001,This is a test product.,5,2010-01-04 09:24:00,4.50,12346.0,United Kingdom
536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
538171,22942,NO CUSTOMER,1,2010-12-09 20:01:00,8.50,,United Kingdom
"""
SECOND_SHEET = """\
536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
541431,23166,JAR,74215,2011-01-18 10:01:00,1.04,12346.0,United Kingdom
C541433,23166,JAR,-74215,2011-01-18 10:17:00,1.04,12346.0,Iceland
A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,11062.06,,United Kingdom
571000,85123a,CREAM HOLDER,1,2011-10-13 12:00:00,2.55,17850.0,Norway
571000,22942,gift,1,2011-10-13 12:00:00,0,17850.0,Norway
C571001,85123A,HOLDER,-7,2011-10-14 12:00:00,2.55,17850.0,Norway
C571002,D,Discount,-1,2011-10-15 12:00:00,5.00,17850.0,Norway
571003,85123A,HOLDER,x,2011-10-16 12:00:00,2.55,17850.0,Norway
"""


@pytest.fixture
def shop(warehouse):
    warehouse.result = warehouse.load(
        "online_retail_ii", warehouse.file("retail.csv", HEAD + FIRST_SHEET + SECOND_SHEET)
    ).files[0]
    return warehouse


def test_the_overlap_counts_once_and_identical_lines_of_one_sheet_stay(shop):
    assert (shop.result.line_count, shop.result.accepted_count) == (20, 15)
    assert (shop.result.duplicate_count, shop.result.quarantined_count) == (2, 2)
    assert shop.rows("select count(*), sum(quantity)::int from raw.order_items where order_id = '536365'") == [
        (2, 12)
    ]


def test_test_products_and_unreadable_lines_are_kept_with_their_reason(shop):
    kept = shop.rows("select line_number, reason from raw.load_rejects order by 1")
    assert kept == [(7, "test product"), (20, "quantity: no bigint: x")]
    assert shop.rows("select count(*) from raw.orders where order_id in ('489500', '571003')") == [(0,)]


def test_every_accepted_line_says_what_it_is(shop):
    found = shop.rows(
        "select invoice, stock_code, line_status from raw.online_retail_ii_lines order by file_line_number"
    )
    assert found == [
        ("489434", "85048", "sale"),
        ("489434", "POST", "shipping"),
        ("489434", "M", "manual"),
        ("C489449", "85048", "credit"),
        ("489464", "21733", "stock_adjustment"),
        ("536365", "85123A", "sale"),
        ("536365", "85123A", "sale"),
        ("538171", "22942", "sale"),
        ("541431", "23166", "sale"),
        ("C541433", "23166", "credit"),
        ("A563185", "B", "adjustment"),
        ("571000", "85123a", "sale"),
        ("571000", "22942", "free"),
        ("C571001", "85123A", "credit"),
        ("C571002", "D", "discount_credit"),
    ]


def test_orders_are_product_lines_with_carriage_apart(shop):
    found = shop.rows(
        "select order_id, customer_id, status, gross_amount, shipping_amount, currency from raw.orders order by 1"
    )
    assert found == [
        ("489434", "13085", "completed", Decimal("83.4"), Decimal(18), "GBP"),
        ("536365", "17850", "completed", Decimal("30.6"), Decimal(0), "GBP"),
        ("538171", None, "completed", Decimal("8.5"), Decimal(0), "GBP"),
        ("541431", "12346", "completed", Decimal("77183.6"), Decimal(0), "GBP"),
        ("571000", "17850", "completed", Decimal("2.55"), Decimal(0), "GBP"),
        ("A563185", None, "adjustment", Decimal(0), Decimal(0), "GBP"),
        ("C571002", "17850", "credit_note", Decimal(0), Decimal(0), "GBP"),
    ]


def test_a_credit_goes_back_to_the_invoice_that_sold_enough_else_stands_alone(shop):
    found = shop.rows("select refund_id, order_id, amount from raw.refunds order by 1")
    assert found == [
        ("C489449:489434", "489434", Decimal("13.9")),
        ("C541433:541431", "541431", Decimal("77183.6")),
        ("C571001:536365", "536365", Decimal("17.85")),
        ("C571002:C571002", "C571002", Decimal(5)),
    ]


def test_times_are_london_wall_clock_and_the_earliest_counts(shop):
    found = shop.rows("select ordered_at::varchar from raw.orders where order_id in ('489434', '571000') order by 1")
    assert found == [("2009-12-01 07:45:00",), ("2011-10-13 11:00:00",)]


def test_customers_take_the_latest_country_and_products_the_most_frequent_name(shop):
    assert shop.rows("select customer_id, country from raw.customers order by 1") == [
        ("12346", "Iceland"),
        ("13085", "United Kingdom"),
        ("17850", "Norway"),
    ]
    assert shop.rows("select product_id, product_name from raw.products order by 1") == [
        ("21733", None),
        ("22942", "NO CUSTOMER"),
        ("23166", "JAR"),
        ("85048", "GLASS BALL"),
        ("85123A", "HOLDER"),
    ]


def test_a_credit_never_gives_back_more_than_was_sold(warehouse):
    lines = (
        "500000,85048,BALL,5,2010-01-01 09:00:00,2,13085.0,United Kingdom\n"
        "C500001,85048,BALL,-4,2010-01-02 09:00:00,2,13085.0,United Kingdom\n"
        "C500002,85048,BALL,-3,2010-01-03 09:00:00,2,13085.0,United Kingdom\n"
        "C500003,85048,BALL,-1,2010-01-01 08:00:00,2,13085.0,United Kingdom\n"
    )
    warehouse.load("online_retail_ii", warehouse.file("retail.csv", HEAD + lines))
    assert warehouse.rows("select refund_id from raw.refunds order by 1") == [
        ("C500001:500000",),
        ("C500002:C500002",),
        ("C500003:C500003",),
    ]


@pytest.mark.real_data
def test_the_real_file(warehouse, real_data):
    path = real_data / "online_retail_ii" / "online_retail_II.csv.gz"
    result = warehouse.load("online_retail_ii", path).files[0]
    assert (result.line_count, result.header_count, result.blank_count) == (1_067_372, 1, 0)
    assert (result.accepted_count, result.duplicate_count, result.quarantined_count) == (1_044_831, 22_523, 17)
    assert result.rows["online_retail_ii_lines"] == result.accepted_count
    assert warehouse.rows("select reason, count(*) from raw.load_rejects group by 1") == [("test product", 17)]
    _published_revenue(warehouse)
    _published_cohorts(warehouse)
    _returned_orders(warehouse)
    _amounts_add_up(warehouse)


def _published_revenue(warehouse):
    doc = (Path(__file__).parents[3] / "docs" / "loading.md").read_text(encoding="utf-8")
    query = doc.split("```sql\n-- published cleaning\n")[1].split("```")[0]
    revenue = {str(month): amount for month, amount in warehouse.rows(query)}
    assert revenue["2010-01-01"] == Decimal("612271.20")
    assert revenue["2010-02-01"] == Decimal("537893.54")


def _published_cohorts(warehouse):
    doc = (Path(__file__).parents[3] / "docs" / "online_retail.md").read_text(encoding="utf-8")
    query = doc.split("```sql\n-- published cohorts\n")[1].split("```")[0]
    found = {(str(cohort), since): retained for cohort, since, retained in warehouse.rows(query)}
    assert [found["2010-12-01", since] for since in range(3)] == [885, 324, 286]


def _returned_orders(warehouse):
    found = warehouse.rows(
        "select order_id, refund_id, gross_amount, amount from raw.orders inner join raw.refunds using (order_id) "
        "where order_id in ('541431', '581483') order by 1"
    )
    assert found == [
        ("541431", "C541433:541431", Decimal("77183.6"), Decimal("77183.6")),
        ("581483", "C581484:581483", Decimal("168469.6"), Decimal("168469.6")),
    ]


def _amounts_add_up(warehouse):
    items = "select sum(quantity * unit_price) from raw.order_items"
    sales = "select sum(quantity * price) from raw.online_retail_ii_lines where line_status = 'sale'"
    orders = "select sum(gross_amount) from raw.orders"
    assert warehouse.rows(items) == warehouse.rows(sales) == warehouse.rows(orders)
    credits = "select -sum(quantity * price) from raw.online_retail_ii_lines where line_status like '%credit'"
    assert warehouse.rows("select sum(amount) from raw.refunds") == warehouse.rows(
        f"{credits} and line_status <> 'shipping_credit'"
    )
    too_much = (
        "select o.order_id from raw.orders as o inner join raw.refunds as r on o.order_id = r.order_id "
        "where o.status = 'completed' group by o.order_id having sum(r.amount) > any_value(o.gross_amount)"
    )
    assert warehouse.rows(too_much) == []
