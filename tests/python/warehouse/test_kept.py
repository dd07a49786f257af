"""A relation is kept where nothing that it is made of has changed, and made anew where something has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from throwaway import ROOT, Throwaway

COMPARED = ("staging", "intermediate", "features", "labels", "marts", "quality")
OF_A_RUN = [
    f"intermediate.{name}"
    for name in (
        "int_event_batches__arrived",
        "int_events__arrived",
        "int_visitors__touched",
        "int_snapshots__due",
        "int_funnel_reach__due",
    )
]


CUSTOMERS = ("--select", "+dim_customers", "dim_products", "+int_sessions")  # and what they read
LABELS = ("--select", "+label_churn", "+label_future_value", "+int_revenue_moves")
EVENTS = ("--select", "+int_event_batches", "int_path_steps")  # every reader of events, and one reader of those


def made_by(house: Throwaway, *words: str, variables: dict[str, Any] | None = None) -> set[str]:
    """The models that `dbt run` makes, and does not keep."""
    house.dbt("run", *words, variables=variables, artifacts=True)
    results = json.loads((house.folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    models = [r for r in results if r["unique_id"].startswith("model.")]
    assert all(r["status"] == "success" for r in models)
    return {r["unique_id"].split(".")[2] for r in models if r["message"] != "UNCHANGED"}


@pytest.fixture(scope="module")
def settled_shop(built_shop: Throwaway, tmp_path_factory: pytest.TempPathFactory) -> Throwaway:
    """The random shop after runs in which nothing was new. Copy it."""
    house = built_shop.copy(tmp_path_factory.mktemp("settled_shop"))
    made_by(house)
    made_by(house)
    return house


@pytest.fixture
def house(settled_shop: Throwaway, tmp_path: Path) -> Throwaway:
    return settled_shop.copy(tmp_path)


def test_where_nothing_is_new_nothing_is_made(house: Throwaway) -> None:
    assert made_by(house) == set()


def test_a_change_goes_as_far_as_it_makes_a_difference(house: Throwaway) -> None:
    """A new name of a product changes the product's row, and no order's worth."""
    house.sql("update raw.products set product_name = concat(product_name, ' II')")
    made = made_by(house, *CUSTOMERS)
    assert {"base_products", "dim_products"} <= made
    assert not made & {"base_orders", "int_snapshots", "dim_customers", "int_sessions"}


def test_a_view_told_by_its_rows_ends_what_it_does_not_show(house: Throwaway) -> None:
    """A visit changes a customer's days and snapshots, and not when, how often and for how much they bought."""
    house.sql(
        "insert into raw.events by name select * replace (concat(event_id, '-again') as event_id, "
        "timestamp '2025-09-01' as loaded_at) from raw.events "
        "where customer_id is not null and hash(event_id) % 9 = 0"
    )
    shown = {"label_churn", "label_future_value", "int_revenue_moves"}
    made = made_by(house, *LABELS)
    assert {"int_customer_days", "int_snapshots", "feat_customer__rfm"} <= made
    assert not made & shown
    house.sql("update raw.orders set gross_amount = gross_amount + 5")
    assert {"label_future_value", "int_revenue_moves"} <= made_by(house, *LABELS)


def test_a_view_told_by_its_rows_is_looked_at_where_it_is_not_made(house: Throwaway) -> None:
    """`dbt run --select` of what is beneath it, and later of one that reads nothing else that has changed."""
    house.sql("update raw.orders set gross_amount = gross_amount + 5")
    assert "int_snapshots" in made_by(house, "--select", "+int_snapshots")
    assert made_by(house, "--select", "feat_customer__kept_value") == {"feat_customer__kept_value"}
    assert made_by(house, "--select", "feat_customer__kept_value") == set()


def test_what_is_kept_is_what_a_full_refresh_makes(
    house: Throwaway, tmp_path: Path, rows_of: Callable[..., dict[str, list[Any]]]
) -> None:
    """After changes of every kind: rows more, fewer, and other ones."""
    for changes in (
        (
            "update raw.orders set gross_amount = gross_amount + 5 where hash(order_id) % 40 = 0",
            "insert into raw.reviews by name "
            "select * replace (concat(review_id, '-new') as review_id) from raw.reviews limit 3",
        ),
        (
            "delete from raw.support_tickets where ticket_id = (select max(ticket_id) from raw.support_tickets)",
            "insert into raw.events by name select * replace (concat(event_id, '-new') as event_id, "
            "timestamp '2025-09-01' as loaded_at) from raw.events where hash(event_id) % 50 = 0",
        ),
    ):
        for change in changes:
            house.sql(change)
        assert "base_customers" not in made_by(house)
    whole = house.copy(tmp_path / "whole")
    whole.dbt("run", "--full-refresh")
    kept, fresh = rows_of(house, *COMPARED), rows_of(whole, *COMPARED)
    assert kept.keys() == fresh.keys()
    assert [t for t in fresh if t not in OF_A_RUN and kept[t] != fresh[t]] == []


def test_a_row_changed_by_hand_is_noticed(house: Throwaway) -> None:
    found = "select string_agg(lifecycle_state order by customer_id) from marts.dim_customers"
    states = house.value(found)
    house.sql("update marts.dim_customers set lifecycle_state = 'changed by hand'")
    assert made_by(house) == {"dim_customers"}
    assert house.value(found) == states


def test_what_another_run_has_made_is_noticed_through_a_view(house: Throwaway) -> None:
    """`dbt run --select` of a table, and later of one that reads it through stg_orders."""
    house.sql("update raw.orders set gross_amount = gross_amount + 5")
    assert made_by(house, "--select", "base_orders") == {"base_orders"}
    assert made_by(house, "--select", "base_refunds") == {"base_refunds"}


def test_what_a_crash_left_half_done_is_made_anew(house: Throwaway) -> None:
    """Nothing is told of what was being made, so it is made again. Of most tables the rows are seen to be the same.

    One made of events counts as another one: what reads it is made too, and ends the change.
    """
    house.sql("delete from main.kept_relations where relation_name = 'intermediate.int_customer_days'")
    assert made_by(house, *CUSTOMERS) == {"int_customer_days"}
    house.sql("delete from main.kept_relations where relation_name = 'intermediate.int_event_days'")
    made = made_by(house, *CUSTOMERS)
    assert {"int_event_days", "int_visit_days"} <= made
    assert not made & {"int_sessions", "int_snapshots", "dim_customers"}
    assert made_by(house, *CUSTOMERS) == set()


def test_rows_gone_from_a_large_table_are_noticed(house: Throwaway) -> None:
    """Its rows are counted, not read."""
    house.sql("delete from intermediate.int_visitor_steps where hash(visitor_id) % 5 = 0")
    assert {"int_visitor_steps", "int_path_steps"} <= made_by(house, *EVENTS)


def test_events_without_a_batch_are_told_by_their_columns(house: Throwaway) -> None:
    """One may change while all counts stay. The others are told by the instants at which their batches came.

    A raw table may lack that column: then no event has one.
    """
    house.sql("update raw.events set loaded_at = null where hash(event_id) % 50 = 0")
    for _ in range(3):
        made_by(house, *EVENTS)
    assert made_by(house, *EVENTS) == set()
    without = "(select min(event_id) from raw.events where loaded_at is null)"
    house.sql(f"update raw.events set page_path = '/another' where event_id = {without}")
    assert {"int_event_batches__arrived", "int_sessions"} <= made_by(house, *EVENTS)
    assert "int_event_batches__arrived" not in made_by(house, *EVENTS)
    house.sql("alter table raw.events drop column loaded_at")
    assert {"int_event_batches__arrived", "int_sessions"} <= made_by(house, *EVENTS)


def test_a_failed_model_is_made_by_the_next_run(house: Throwaway) -> None:
    """A run in which one table cannot be made leaves what follows it to the next run."""
    house.sql("update raw.orders set gross_amount = gross_amount + 5")
    house.sql("alter table intermediate.int_order_days rename to int_order_days__aside")
    house.sql("create view intermediate.int_order_days as select 1 as nothing")
    house.dbt("run", *CUSTOMERS, "--exclude", "int_order_days", code=1)
    house.sql("drop view intermediate.int_order_days")
    house.sql("alter table intermediate.int_order_days__aside rename to int_order_days")
    assert {"int_order_days", "int_customer_days", "dim_customers"} <= made_by(house, *CUSTOMERS)


def test_a_relation_says_what_it_is(house: Throwaway) -> None:
    """To whoever looks at it in a BI tool."""
    for schema, name, begins in (
        ("marts", "dim_customers", "The 360-degree view of a customer"),
        ("marts", "fct_sessions", "Runs of one visitor's events"),
    ):
        comments = house.rows(f"""
            select comment from duckdb_tables() where (schema_name, table_name) = ('{schema}', '{name}')
            union all
            select comment from duckdb_views() where (schema_name, view_name) = ('{schema}', '{name}')
        """)
        assert [c.startswith(begins) for (c,) in comments] == [True]


def test_another_setting_makes_anew_what_it_concerns(house: Throwaway) -> None:
    made = made_by(house, *CUSTOMERS, variables={"at_risk_share": 0.5})
    assert "int_customer_states" in made
    assert not made & {"base_orders", "int_sessions", "int_snapshots"}


def test_a_full_refresh_makes_everything_but_predictions(house: Throwaway) -> None:
    """What `clm-ml` has written cannot be made anew."""
    made = made_by(house, "--full-refresh")
    models = [n for n in house.manifest()["nodes"].values() if n["resource_type"] == "model"]
    written = {n["name"] for n in models if n["config"]["full_refresh"] is False}
    assert made == {n["name"] for n in models if n["config"]["materialized"] != "ephemeral"} - written


def test_models_say_whose_last_run_they_read() -> None:
    """Each model that asks for another's held rows names it, or a change of these would pass unseen."""
    project = (ROOT / "models/intermediate/_intermediate__models.yml").read_text(encoding="utf-8")
    for path in ROOT.glob("models/**/*.sql"):
        for part in path.read_text(encoding="utf-8").split("held_rows('")[1:]:
            held = part.split("'")[0]
            if held != path.stem:
                model = project.split(f"- name: {path.stem}\n")[1].split("- name: ")[0]
                assert f"reads_last_run: [{held}]" in model, path.stem
