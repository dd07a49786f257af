"""No row is dropped in silence between staging and the marts, and no snapshot sees what is not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from throwaway import Throwaway

pytestmark = pytest.mark.slow

ORDERED = datetime(2025, 1, 10, 12)
VARIABLES = {"today": "2025-03-31", "as_of_dates": ["2025-02-01", "2025-02-02", "2025-02-03"]}


def order(order_id: str, customer_id: str, **other: Any) -> dict[str, Any]:
    usual = {"ordered_at": ORDERED, "gross_amount": Decimal(100), "status": "completed"}
    return {"order_id": order_id, "customer_id": customer_id, **usual, **other}


def refund(refund_id: str, order_id: str, at: datetime, amount: int, **other: Any) -> dict[str, Any]:
    return {"refund_id": refund_id, "order_id": order_id, "refunded_at": at, "amount": Decimal(amount), **other}


@pytest.fixture(scope="module")
def house(new_warehouse: Callable[[str], Throwaway]) -> Throwaway:
    made = new_warehouse("hard_cases")
    made.sql("insert into reference.currency_rates values (date '2025-01-01', 'CHF', 0.95)")
    made.fill(
        {
            "orders": [
                order("ada-1", "ada"),
                order("bob-1", "bob"),
                order("cy-1", "cy", currency="CHF", ordered_at=datetime(2024, 12, 31)),
                order("dora-1", "dora"),
                order("emil-1", "emil", status="credit_note", gross_amount=Decimal("35.64")),
                order("fay-1", "fay", status=None, gross_amount=Decimal(0)),
                order("gus-1", "gus", currency="USD"),
            ],
            "order_items": [
                {"order_id": "ADA-1", "line_number": 1, "quantity": Decimal(1), "unit_price": Decimal(70)},
            ],
            "refunds": [
                refund("r-bob", "BOB-1", datetime(2025, 1, 20), 100),
                refund("r-gus-1", "gus-1", datetime(2025, 1, 20), 1),
                refund("r-gus-2", "gus-1", datetime(2025, 1, 21), 1),
                refund("r-dora", "dora-1", datetime(2025, 1, 20), 100, recorded_at=datetime(2025, 1, 20)),
                # corrected on 2 February: it will be paid tomorrow
                refund("r-dora", "dora-1", datetime(2025, 2, 3, 8), 100, recorded_at=datetime(2025, 2, 2, 9)),
            ],
            "erasure_requests": [{"customer_id": "gus"}],
        }
    )
    made.dbt("run", variables=VARIABLES)
    return made


def is_quarantined(house: Throwaway, table: str) -> bool:
    return bool(house.rows(f"select 1 from quality.fct_quarantined_rows where table_name = '{table}'"))


def test_a_line_whose_order_differs_in_case_is_used_or_quarantined(house: Throwaway) -> None:
    gross = house.value("select gross_amount from marts.fct_orders where order_id = 'ada-1'")
    assert gross == 70 or is_quarantined(house, "order_items")


def test_a_refund_whose_order_differs_in_case_is_used_or_quarantined(house: Throwaway) -> None:
    refunded = house.value("select refund_amount from marts.fct_orders where order_id = 'bob-1'")
    assert refunded == 100 or is_quarantined(house, "refunds")


def test_an_order_older_than_its_currency_s_first_rate_is_kept_or_quarantined(house: Throwaway) -> None:
    kept = house.rows("select 1 from marts.fct_orders where order_id = 'cy-1'")
    assert kept or is_quarantined(house, "orders")


def test_a_refund_put_off_until_tomorrow_is_none_today(house: Throwaway) -> None:
    dora = house.rows(
        "select as_of_date, purchase_day_count, net_revenue_amount from features.feat_customer__all "
        "where customer_id = 'dora' and as_of_date between '2025-02-01' and '2025-02-03' order by 1"
    )
    assert dora == [
        (date(2025, 2, 1), 0, 0),
        (date(2025, 2, 2), 1, 100),
        (date(2025, 2, 3), 0, 0),
    ]


def test_a_credit_note_s_own_value_is_no_revenue(house: Throwaway) -> None:
    emil = "select net_revenue_amount from marts.fct_orders where order_id = 'emil-1'"
    days = "select coalesce(sum(gross_amount), 0) from intermediate.int_customer_days where customer_id = 'emil'"
    assert (house.value(emil), house.value(days)) == (0, 0)


def test_whether_an_order_counts_is_never_unknown(house: Throwaway) -> None:
    assert house.rows("select order_id from marts.fct_orders where is_counted is null") == []


def test_refunds_in_another_currency_add_up_to_the_order_s(house: Throwaway) -> None:
    gus = "select sum(refund_amount) from {} where customer_id = 'gus'"
    assert house.value(gus.format("intermediate.int_customer_days")) == house.value(gus.format("marts.fct_orders"))


def test_who_asks_to_be_erased_is_heard_even_where_the_date_is_missing(house: Throwaway) -> None:
    assert house.value("select is_erasure_requested from marts.dim_customers where customer_id = 'gus'")


TRIMMED = {
    " lead": "lead", "trail ": "trail", "  both  ": "both", "in side": "in side", "!": "!", "": None, " ": None,
    "\ttab": "\ttab", "\ttab ": "\ttab", "é ": "é",
}  # fmt: skip


def test_text_is_trimmed_of_blanks_alone_and_empty_text_is_missing(new_warehouse: Callable[[str], Throwaway]) -> None:
    made = new_warehouse("blanks")
    made.create("customers")
    made.insert("customers", [{"customer_id": f"c{n}", "city": city} for n, city in enumerate(TRIMMED)])
    made.dbt("run", "--select", "base_customers")
    found = made.rows("select city from staging.base_customers order by customer_id")
    assert [city for (city,) in found] == list(TRIMMED.values())
