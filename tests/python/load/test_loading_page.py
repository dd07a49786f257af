"""The worked example of docs/loading.md does what the page says."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "loading.md"


def test_the_worked_example(warehouse):
    example = PAGE.read_text(encoding="utf-8").split("## Your own mapping, worked")[1]
    till = example.split("```\n")[1].split("```")[0]
    mapping = example.split("```yaml\n")[1].split("```")[0]
    result = warehouse.load_till(till, mapping=mapping)
    assert (result.line_count, result.header_count, result.accepted_count) == (5, 1, 2)
    assert (result.quarantined_count, result.duplicate_count) == (1, 1)
    assert warehouse.rows("select line_number, reason from raw.load_rejects") == [(3, "bought by staff")]
    assert result.rows == {"orders": 2, "customers": 2}
    first = warehouse.rows("select ordered_at::varchar, gross_amount::varchar from raw.orders where order_id = 'A1'")
    assert first == [("2024-01-05 09:00:00", "12.5000")]


def test_a_decimal_is_rounded_and_a_bigint_is_digits(warehouse):
    mapping = (
        "columns: {id: {}, price: {type: decimal}, stars: {type: bigint}}\n"
        "tables:\n"
        "  reviews: {columns: {review_id: id, rating: stars}}\n"
        "  products: {columns: {product_id: id, list_price: price}}\n"
    )
    result = warehouse.load_till("id,price,stars\na,1.00005,5\nb,-1.00005,4\nc,1,3.0\n", mapping=mapping)
    assert result.quarantined_count == 1
    assert warehouse.rows("select list_price::varchar from raw.products order by 1") == [("-1.0001",), ("1.0001",)]
