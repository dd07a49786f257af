"""The rules of the house, read off the manifest: who may read whom, what a model says of itself, what is pinned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

Node = dict[str, Any]

MAY_READ = {
    "staging": {"raw", "loads", "staging", "reference"},
    "intermediate": {"staging", "intermediate", "reference"},
    "features": {"staging", "intermediate", "features", "reference"},
    "labels": {"staging", "intermediate", "features", "labels", "reference"},
    "predictions": {"features", "predictions"},
    "marts": {"staging", "intermediate", "features", "predictions", "marts", "reference"},
}
EXCEPTIONS = {
    ("fct_score_backtest", "labels"): "a read-out of past scores against what happened",
    ("fct_score_calibration", "labels"): "the same, all customers of a date together",
    ("fct_segment_outcomes", "labels"): "a read-out of past segments against what happened",
    ("fct_value_backtest", "labels"): "a read-out of past predictions against what came",
    ("fct_early_sign_lift", "labels"): "a read-out of past signs against what happened",
    ("int_touches__changes", "marts"): "it says of whom attribution, a mart, is to be made anew of other marts",
    ("fct_row_conservation", "raw"): "it counts the raw rows themselves, else it would only count staging twice",
}
PUBLIC = {"features", "labels", "predictions", "marts"}
LEDGERS = {
    "stg_events": "holds every version of an event; int_events keeps one",
    "int_events__arrived": "holds every version of an arrived event",
    "int_event_ids": "holds the ids of every version of an event",
    "int_events__quarantined": "holds raw rows as they came, copies included",
    "int_snapshots__totals": "is no table of its own: a part of int_snapshots, whose grain is tested",
    "int_snapshots__days": "the same",
    "int_snapshots__undone": "the same",
}
VIEWS_WITHOUT_CONTRACT = {
    "pred_churn__latest": "a view of pred_churn, whose contract holds for it",
    "pred_segment__latest": "a view of pred_segment, whose contract holds for it",
    "pred_clv__latest": "a view of pred_clv, whose contract holds for it",
}
SELECTS_IN_A_MACRO = {"fct_row_conservation": "one select per raw table, written by a macro; its contract names them"}
CLOCK = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp|sysdate|run_started_at|now\s*\(|getdate\s*\(|random\s*\(|"
    r"rand\s*\(|uuid\s*\(|gen_random_uuid|modules\.datetime)",
    re.IGNORECASE,
)


def room(node_id: str, manifest: Node) -> str:
    """The room of a model, seed or source."""
    kind, _, *rest = node_id.split(".")
    if kind == "source":
        return rest[0]
    return manifest["nodes"][node_id]["fqn"][1]


def models(manifest: Node, rooms: set[str] | None = None) -> list[Node]:
    found = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    return [n for n in found if rooms is None or n["fqn"][1] in rooms]


def grain_tests(manifest: Node) -> set[str]:
    tests = [n for n in manifest["nodes"].values() if n["resource_type"] == "test" and n.get("test_metadata")]
    return {t["attached_node"] for t in tests if t["test_metadata"]["name"] == "unique_grain"}


def test_every_model_lives_in_a_room(manifest: Node) -> None:
    assert {n["fqn"][1] for n in models(manifest)} == set(MAY_READ)


def test_nobody_reads_a_room_that_is_closed_to_them(manifest: Node) -> None:
    readings = {
        (model["name"], model["fqn"][1], room(parent, manifest))
        for model in models(manifest)
        for parent in model["depends_on"]["nodes"]
    }
    trespasses = {(name, read) for name, home, read in readings if read not in MAY_READ[home]}
    assert trespasses == set(EXCEPTIONS)


def test_exposures_read_neither_raw_nor_staging(manifest: Node) -> None:
    exposures = manifest["exposures"].values()
    assert exposures
    read = {room(p, manifest) for e in exposures for p in e["depends_on"]["nodes"]}
    assert "marts" in read
    assert not read & {"raw", "loads", "staging"}


def test_every_model_says_its_grain(manifest: Node) -> None:
    assert not [n["name"] for n in models(manifest) if "One row per" not in n["description"]]


def test_a_description_ends_in_the_grain(manifest: Node) -> None:
    last = {n["name"]: n["description"].strip().rstrip(".").split(". ")[-1] for n in models(manifest)}
    assert not {name: text for name, text in last.items() if "One row per" not in text}


def test_every_model_has_a_test_of_its_grain(manifest: Node) -> None:
    tested = grain_tests(manifest)
    without = {n["name"] for n in models(manifest) if n["unique_id"] not in tested and not is_base(n)}
    assert without == set(LEDGERS)


def is_base(node: Node) -> bool:
    """base_ models hold raw rows as they came, copies included: they have no key, conservation counts them."""
    return node["name"].startswith("base_")


def test_every_public_model_has_an_enforced_contract(manifest: Node) -> None:
    without = {n["name"] for n in models(manifest, PUBLIC) if not n["config"]["contract"]["enforced"]}
    assert without == set(VIEWS_WITHOUT_CONTRACT)


def test_every_column_of_a_public_model_is_described(manifest: Node) -> None:
    columns = [(n["name"], c) for n in models(manifest, PUBLIC) for c in n["columns"].values()]
    assert len(columns) > 200
    assert not [(model, c["name"]) for model, c in columns if not c["description"].strip()]


def test_no_amount_is_a_float(manifest: Node) -> None:
    amounts = [
        (n["name"], c["name"], c["data_type"])
        for n in models(manifest, PUBLIC)
        for c in n["columns"].values()
        if c["name"].endswith("_amount")
    ]
    assert len(amounts) > 10
    assert not [a for a in amounts if not (a[2] or "").startswith("decimal(")]


def test_a_public_model_names_its_columns_last(manifest: Node) -> None:
    starred = {n["name"] for n in models(manifest, PUBLIC) if last_select(n["raw_code"]).startswith("*")}
    unseen = {n["name"] for n in models(manifest, PUBLIC) if not last_select(n["raw_code"])}
    assert not starred
    assert unseen == set(SELECTS_IN_A_MACRO)


def last_select(sql: str) -> str:
    """What follows the last `select` that stands in no parenthesis; `t.*` counts as `*`."""
    sql = re.sub(r"--[^\n]*|\{#.*?#\}", "", sql, flags=re.DOTALL)
    sql = re.sub(r"\{[{%].*?[%}]\}", "jinja", sql, flags=re.DOTALL)
    while "(" in sql:
        shorter = re.sub(r"\([^()]*\)", " ", sql)
        if shorter == sql:
            break
        sql = shorter
    selected = re.split(r"\bselect\b", sql)[1:]
    return re.sub(r"\b\w+\.\*", "*", selected[-1].strip()) if selected else ""


@pytest.mark.parametrize(
    ("sql", "ending"),
    [
        ("select a, b from t", "a"),
        ("with x as (select a from t) select * from x", "*"),
        ("with x as (select a from t) select x.* from x", "*"),
        ("with x as (select * from t) select a from x", "a"),
        ("{{ macro('select *') }}", ""),
    ],
)
def test_the_last_select_is_found(sql: str, ending: str) -> None:
    assert last_select(sql)[:1] == ending


def test_no_sql_asks_the_clock_or_throws_dice(root: Path) -> None:
    files = [p for folder in ("models", "macros", "tests/dbt") for p in (root / folder).rglob("*.sql")]
    assert len(files) > 80
    found = {(str(p.relative_to(root)), m) for p in files for m in CLOCK.findall(without_comments(p.read_text()))}
    assert not found


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", sql, flags=re.DOTALL)


@pytest.mark.parametrize(
    "sql", ["select current_date", "where d < NOW()", "order by random()", "{{ run_started_at }}"]
)
def test_a_clock_would_be_found(sql: str) -> None:
    assert CLOCK.search(sql)


def test_no_model_holds_control_flow(manifest: Node) -> None:
    """house.md: no Jinja control flow in a model; it belongs into a macro with a name."""
    assert not [n["name"] for n in models(manifest) if re.search(r"\{%-?\s*(if|for|set)\b", n["raw_code"])]


def test_no_test_is_disabled_or_softened(manifest: Node) -> None:
    disabled = [n for nodes in manifest["disabled"].values() for n in nodes if n["resource_type"] != "seed"]
    assert not [n["unique_id"] for n in disabled]
    tests = [n for n in manifest["nodes"].values() if n["resource_type"] == "test"]
    assert not [t["name"] for t in tests if t["config"]["severity"].lower() != "error" or t["config"]["where"]]
