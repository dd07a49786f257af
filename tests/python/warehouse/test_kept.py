"""A relation is kept where nothing that it is made of has changed, and made anew where something has."""

from __future__ import annotations

import json
import re
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
        "int_customers__changes",  # by which change customers became what they are
        "int_touches__changes",
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


def rows_apart(
    house: Throwaway,
    folder: Path,
    rows_of: Callable[..., dict[str, list[Any]]],
    *words: str,
    variables: dict[str, Any] | None = None,
) -> list[str]:
    """Tables that a full refresh makes otherwise, of the same models."""
    whole = house.copy(folder)
    whole.dbt("run", *words, "--full-refresh", variables=variables)
    kept, fresh = rows_of(house, *COMPARED), rows_of(whole, *COMPARED)
    assert kept.keys() == fresh.keys()
    return [t for t in fresh if t not in OF_A_RUN and kept[t] != fresh[t]]


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


def test_predictions_are_not_made_where_features_change(house: Throwaway) -> None:
    """`clm-ml score` fills them; their refs are there for the lineage."""
    house.sql("update raw.orders set gross_amount = gross_amount + 5")
    made = made_by(house, "--select", "+feat_customer__all", "pred_churn", "pred_clv", "pred_segment")
    assert "int_snapshots" in made
    assert not {name for name in made if name.startswith("pred_")}


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
            "update raw.orders set customer_id = null where hash(order_id) % 60 = 1",
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
    assert rows_apart(house, tmp_path / "whole", rows_of) == []


DAYS = {
    "int_customer_days": "event_count = -7",
    "int_customer_day_spans": "known_to_date = date '2199-01-01'",
    "int_browsing_falls": "to_date = date '2199-01-01'",
    "int_sign_spans": "to_date = date '2199-01-01'",
}
SIGNS = ("--select", "+int_sign_spans")
NEW_TICKETS = (
    "insert into raw.support_tickets by name select * replace (concat(ticket_id, '-{0}') as ticket_id) "
    "from raw.support_tickets where hash(customer_id, {0}) % 3 = 0"
)


def rows_come_anew(house: Throwaway, table: str, mark: str, changed: str) -> int:
    """Rows without the mark that all rows had; only changed customers may have them, and no others."""
    marked = f"coalesce({mark}, false)"
    ((old, wrong, new),) = house.rows(
        f"select count(*) filter (where {marked}), count(*) filter (where {marked} = ({changed})), "
        f"count(*) filter (where not {marked}) from {table}"
    )
    assert (old > 0, wrong) == (True, 0), (table, old, wrong, new)
    return int(new)


def test_only_customers_who_have_changed_come_anew(house: Throwaway) -> None:
    """A mark on every row is gone from theirs, and stays on everyone else's, for it is not noticed."""
    house.sql(NEW_TICKETS.format(1))
    for table, mark in DAYS.items():
        house.sql(f"update intermediate.{table} set {mark}")
    assert set(DAYS) <= made_by(house, *SIGNS)
    ticketed = "customer_id in (select customer_id from raw.support_tickets where ticket_id like '%-1')"
    new = {table: rows_come_anew(house, f"intermediate.{table}", mark, ticketed) for table, mark in DAYS.items()}
    assert min(new["int_customer_days"], new["int_customer_day_spans"], new["int_sign_spans"]) > 0


def test_only_snapshots_that_see_a_change_are_drawn_anew(house: Throwaway) -> None:
    """A mark that all have is gone from whoever's days have changed, and there from the date on that sees it."""
    house.sql("create table main.days_before as from intermediate.int_customer_days")
    house.sql("update intermediate.int_snapshots set known_days = -7")
    house.sql(NEW_TICKETS.format(1))
    assert "int_snapshots" in made_by(house, "--select", "+int_snapshots")
    seen = """(
        select customer_id, min(greatest(activity_date, known_date)) as seen_date
        from (from intermediate.int_customer_days except from main.days_before) group by customer_id
    )"""
    sees_it = (
        f"exists (from {seen} as seen where seen.customer_id = int_snapshots.customer_id and seen_date <= as_of_date)"
    )
    of_changed = f"customer_id in (select customer_id from {seen})"
    assert rows_come_anew(house, "intermediate.int_snapshots", "known_days = -7", sees_it) > 100
    assert (
        house.value(f"select count(*) from intermediate.int_snapshots where {of_changed} and known_days = -7") > 100
    )


def test_rows_in_the_place_of_as_many_are_other_rows(
    house: Throwaway, tmp_path: Path, rows_of: Callable[..., dict[str, list[Any]]]
) -> None:
    """Corrections of events change what sessions say, and not how many there are."""
    words = ("--select", "+fct_touches")
    house.sql(
        "insert into raw.events by name select * replace ('corrected' as utm_campaign, "
        "(select max(loaded_at) + interval 1 hour from raw.events) as loaded_at) "
        "from raw.events where customer_id is not null and hash(event_id) % 5 = 0"
    )
    before = house.value("select count(*) from intermediate.int_sessions")
    assert {"int_sessions", "fct_touches"} <= made_by(house, *words)
    assert house.value("select count(*) from intermediate.int_sessions") == before
    assert house.value("select count(*) from marts.fct_touches where campaign_id = 'corrected'") > 3
    assert rows_apart(house, tmp_path / "whole", rows_of, *words) == []


def test_attribution_comes_anew_of_whose_touches_or_orders_have_changed(house: Throwaway) -> None:
    house.sql("update marts.fct_order_touches set channel = 'marked'")
    house.sql("update raw.orders set gross_amount = gross_amount + 5 where hash(order_id) % 10 = 0")
    house.sql("update raw.campaign_messages set clicked_at = sent_at where hash(message_id) % 50 = 0")
    assert "fct_order_touches" in made_by(house, "--select", "+fct_order_touches")
    changes = "intermediate.int_touches__changes"
    changed = f"(select customer_id from {changes} where changed_in = (select max(changed_in) from {changes}))"
    assert rows_come_anew(house, "marts.fct_order_touches", "channel = 'marked'", f"customer_id in {changed}") > 3
    for table, key, share in (("orders", "order_id", 10), ("campaign_messages", "message_id", 50)):
        names = f"select coalesce(customer_id, '') from raw.{table} where hash({key}) % {share} = 0"
        changed = f"(select customer_id from {changed} where customer_id not in ({names}))"
    assert house.value(f"select count(*) from {changed}") == 0


def test_changes_that_a_table_was_not_made_for_are_made_up(
    house: Throwaway, tmp_path: Path, rows_of: Callable[..., dict[str, list[Any]]]
) -> None:
    """Three changes of customers' days, the last by which some have none left, and only then a run of all tables."""
    for number in (1, 2):
        house.sql(NEW_TICKETS.format(number))
        assert "int_customers__changes" in made_by(house, "--select", "+int_customers__changes")
    for table in ("orders", "support_tickets", "reviews", "campaign_messages", "events"):
        house.sql(f"delete from raw.{table} where hash(customer_id) % 25 = 0")
    made_by(house, "--select", "+int_customer_days")
    assert house.value("select count(*) from intermediate.int_customers__changes where fingerprint is null") > 3
    made = made_by(house, *SIGNS)
    assert set(DAYS) - made == {"int_customer_days"}
    assert rows_apart(house, tmp_path / "whole", rows_of, *SIGNS) == []


@pytest.mark.parametrize("lost", ["dropped", "made anew alone"])
def test_changes_numbered_anew_are_not_taken_for_the_old_ones(
    house: Throwaway, tmp_path: Path, rows_of: Callable[..., dict[str, list[Any]]], lost: str
) -> None:
    """Where the table of changes was lost, what follows it is made whole."""
    house.sql(NEW_TICKETS.format(1))
    made_by(house, "--select", "+int_contact_days")
    if lost == "dropped":
        house.sql("drop table intermediate.int_customers__changes")
        made_by(house, "--select", "int_customers__changes")
    else:
        made_by(house, "--full-refresh", "--select", "int_customers__changes")
    house.sql(NEW_TICKETS.format(2))
    assert set(DAYS) <= made_by(house, *SIGNS)
    assert rows_apart(house, tmp_path / "whole", rows_of, *SIGNS) == []
    assert made_by(house, *SIGNS) == set()


def test_tables_of_customers_without_their_changes_are_made_whole(
    house: Throwaway, tmp_path: Path, rows_of: Callable[..., dict[str, list[Any]]]
) -> None:
    """`dbt run --select` of customers' days and what reads them, twice without the model that tells who changed."""
    words = (*SIGNS, "--exclude", "int_customers__changes")
    for number in (1, 2):
        house.sql(NEW_TICKETS.format(number))
        assert set(DAYS) <= made_by(house, *words)
    assert rows_apart(house, tmp_path / "whole", rows_of, *words) == []
    assert set(DAYS) <= made_by(house, *SIGNS)
    assert made_by(house, *SIGNS) == set()


def test_what_reads_an_edited_table_of_customers_is_made_whole(
    house: Throwaway, tmp_path: Path, rows_of: Callable[..., dict[str, list[Any]]]
) -> None:
    """No customer has changed, by the SQL of one who follows the changes or by a variable in it; then one has."""
    house.sql(NEW_TICKETS.format(1))
    made_by(house, *SIGNS)
    house.edit("int_customer_days", "{{ day_totals() }}", "{{ day_totals() | replace('sum(', '2 * sum(') }}")
    assert set(DAYS) <= made_by(house, *SIGNS)
    assert house.value("select count(*) from intermediate.int_customer_days where event_count % 2 <> 0") == 0
    other = {"sign_fall_share": 0.9}
    assert made_by(house, *SIGNS, variables=other) == {"int_browsing_falls", "int_sign_spans"}
    assert rows_apart(house, tmp_path / "whole", rows_of, *SIGNS, variables=other) == []
    house.sql("update intermediate.int_customer_day_spans set known_to_date = date '2199-01-01'")
    house.sql(NEW_TICKETS.format(2))
    assert set(DAYS) <= made_by(house, *SIGNS, variables=other)
    kept = "select count(*) from intermediate.int_customer_day_spans where known_to_date = date '2199-01-01'"
    assert house.value(kept) > 0


@pytest.mark.parametrize(
    ("model", "old", "new"),
    [
        ("stg_events", "page_path,", "concat(page_path, '/') as page_path,"),
        ("int_snapshots__days", "('purchase', 'active', 'visit',", "('purchase', 'visit',"),
        ("int_funnel_reach", "bool_or(attempts.has_cart)", "not bool_or(attempts.has_cart)"),
    ],
)
def test_rows_that_edited_sql_made_otherwise_do_not_stay(
    house: Throwaway, tmp_path: Path, rows_of: Callable[..., dict[str, list[Any]]], model: str, old: str, new: str
) -> None:
    """Of tables that are replaced in part, whatever arrives."""
    house.edit(model, old, new)
    made_by(house)
    assert rows_apart(house, tmp_path / "whole", rows_of) == []


@pytest.mark.parametrize("name", ["int_snapshots", "int_funnel_reach"])
def test_what_is_made_of_what_is_due_is_not_made_anew_without_it(house: Throwaway, name: str) -> None:
    """`--full-refresh --select int_snapshots` alone would leave it empty, and every feature."""
    before = house.rows(f"select * from intermediate.{name} order by all")
    said = house.dbt("run", "--full-refresh", "--select", name, code=1)
    assert f"{name} cannot be made anew without {name}__due, which names its rows: --select that too" in said
    assert house.rows(f"select * from intermediate.{name} order by all") == before
    house.dbt("run", "--full-refresh", "--select", name, f"{name}__due")
    assert house.rows(f"select * from intermediate.{name} order by all") == before
    made_by(house, "--select", name)
    assert house.rows(f"select * from intermediate.{name} order by all") == before


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


def test_what_nothing_is_told_of_is_made_anew(house: Throwaway) -> None:
    """Of most tables the rows are seen to be the same.

    One made of events counts as another one: what reads it is made too, and ends the change.
    """
    house.sql("delete from main.kept_relations where relation_name = 'intermediate.int_contact_days'")
    assert made_by(house, *CUSTOMERS) == {"int_contact_days"}
    house.sql("delete from main.kept_relations where relation_name = 'intermediate.int_event_days'")
    made = made_by(house, *CUSTOMERS)
    assert {"int_event_days", "int_visit_days"} <= made
    assert not made & {"int_sessions", "int_snapshots", "dim_customers"}
    assert made_by(house, *CUSTOMERS) == set()


def test_a_table_of_other_columns_stays_as_it_was_and_says_the_remedy(house: Throwaway) -> None:
    """Rows and what is told of them are replaced in one transaction: a failure leaves both."""
    copies = "select * replace ('late' as event_id, timestamp '2025-06-01' as loaded_at) from raw.events limit 1"
    house.sql(f"insert into raw.events {copies}")
    house.sql("alter table intermediate.int_event_days add column more integer")
    told = "select * from main.kept_relations where relation_name = 'intermediate.int_event_days'"
    before = house.rows(told), house.rows("select sum(event_count) from intermediate.int_event_days")
    said = house.dbt("run", *EVENTS, code=1)
    assert "the columns of int_event_days are others now: run dbt with --full-refresh" in said
    assert (house.rows(told), house.rows("select sum(event_count) from intermediate.int_event_days")) == before
    house.sql("alter table intermediate.int_event_days drop column more")
    assert {"int_event_days", "int_visit_days"} <= made_by(house, *EVENTS)
    assert house.value("select sum(event_count) from intermediate.int_event_days") == before[1][0][0] + 1


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


def test_models_that_follow_changes_say_which_rows_are_a_changed_customers(manifest: dict[str, Any]) -> None:
    """Else a refresh would insert every row again."""
    models = {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "model"}
    followers = {
        name: n["config"]["meta"]["follows"] for name, n in models.items() if "follows" in n["config"]["meta"]
    }
    assert {*DAYS, "fct_order_touches", "int_active_days", "int_snapshots__fingerprints"} == set(followers)
    for name, changes in followers.items():
        assert f"is_of_changed_customer('{changes}'" in models[name]["raw_code"], name
        assert "forget_who_follows" in str(models[changes]["config"]["pre-hook"]), changes


@pytest.mark.parametrize(
    ("macro", "kept", "told_by_rows"),
    [
        ("models_of_events", [], ["int_customers", "stg_customers"]),
        (
            "snapshot_form",
            ["int_snapshots"],
            [
                *("int_customer_days", "int_customers__changes", "int_customers"),
                *("int_snapshots__fingerprints", "int_days"),
            ],
        ),
        ("reach_form", ["int_funnel_reach"], ["int_funnel_attempts", "int_funnel_reach__due"]),
    ],
)
def test_what_tells_an_edit_names_every_model_whose_sql_counts(
    manifest: dict[str, Any], macro: str, kept: list[str], told_by_rows: list[str]
) -> None:
    """All that rows which stay are made of, up to tables that are told by their rows."""

    def named_by(name: str) -> set[str]:
        return set(re.findall(r"'(int_\w+|stg_\w+|base_\w+)'", manifest["macros"][f"macro.clm.{name}"]["macro_sql"]))

    readers = set() if kept else named_by("event_readers")
    found: set[str] = set()
    ahead = [*kept, *readers]
    while ahead:
        name = ahead.pop()
        if name not in found.union(told_by_rows):
            found.add(name)
            parents = manifest["nodes"][f"model.clm.{name}"]["depends_on"]["nodes"]
            ahead += [p.split(".")[-1] for p in parents if p.startswith("model.")]
    assert named_by(macro) | readers == found
