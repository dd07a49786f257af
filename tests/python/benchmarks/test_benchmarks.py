"""The benchmarks' own arithmetic: nothing here is timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest
from throwaway import ROOT

from benchmarks import __main__ as command
from benchmarks import btyd, forms, hundred_million, lifecycle, limits, names, refresh, report, scoring, tasks
from benchmarks.artifacts import Model, Project, read, words
from benchmarks.forms import snapshots
from benchmarks.forms.step import HeavyStep
from benchmarks.forms.tasks import FORMS, differences, form
from benchmarks.growth import exponent, times_of
from benchmarks.measure import CommandFailed, Used, median, run
from benchmarks.shop import Size, write_shop

VISITOR = "coalesce(anonymous_id, concat('customer:', customer_id))"


def model(name: str = "int_days", seconds: float = 1.0, sql: str = "select a from t", **more: Any) -> Model:
    known: dict[str, Any] = {"grain": (), "inputs": ("t",), "is_table": True, **more}
    return Model(name, f"model.clm.{name}", "intermediate", "intermediate", name, known["is_table"], sql, seconds,
                 known["grain"], known["inputs"])  # fmt: skip


# ---- arithmetic


@pytest.mark.parametrize(("power", "expected"), [(1.0, 1.0), (2.0, 2.0), (0.0, 0.0)])
def test_the_exponent_is_the_power_that_time_grows_with(power: float, expected: float) -> None:
    assert exponent({n: 0.01 * n**power for n in (1_000, 3_000, 10_000)}) == pytest.approx(expected)


def test_the_slowest_models_are_those_of_the_build_or_of_the_refresh() -> None:
    found = {"models": {"a": 9.0, "b": 1.0, "c": 4.0}, "refresh": {"models": {"b": 5.0, "d": 2.0}}}
    assert hundred_million.slowest(found, 3) == [("a", "9.0", ""), ("b", "1.0", "5.0"), ("c", "4.0", "")]
    assert hundred_million.slowest({"models": {"a": 9.0}}) == [("a", "9.0", "")]


def test_one_size_says_nothing_of_growth() -> None:
    assert exponent({1_000: 1.0}) is None


def test_growth_is_only_of_what_was_measured_at_every_size() -> None:
    line = {"model": "int_days", "took": {"cpu": 2.0}}
    sizes = {"10": {"models": [line, {"model": "other", "took": {"cpu": 1.0}}]}, "20": {"models": [line]}}
    assert times_of({"sizes": sizes}) == {"model int_days": {10: 2.0, 20: 2.0}}


def test_growth_is_not_of_differences_that_are_as_small_as_noise() -> None:
    at_size = {"learning": {"start": {"cpu": 1.0}, "train": {"cpu": 3.0}, "score": {"cpu": 1.1}}}
    assert times_of({"sizes": {"10": at_size}}) == {"clm-ml train beyond its start": {10: 2.0}}


def test_a_refresh_is_beyond_the_empty_warehouse_that_was_run_in_turn_with_it() -> None:
    def took(run: float, build: float) -> dict[str, Used]:
        return {"run": Used(run, run, 1), "build": Used(build, build, 1)}

    used = {**took(10, 25), "empty run": Used(8, 8, 1), "empty build": Used(20, 20, 1)}
    lines = refresh.compared(refresh.ARRIVALS[0], {"events": 1}, used, took(6, 19), took(48, 120))
    assert [line["to_full"]["cpu"] for line in lines] == [0.05, 0.05]
    assert [line["beyond_nothing_new"]["cpu"] for line in lines] == [0.1, 0.06]


def test_beyond_the_fixed_cost_never_is_nothing() -> None:
    assert Used(5, 4, 100).beyond(Used(1, 3, 90)) == Used(4, 1, 100)
    assert Used(5, 4, 100).beyond(Used(9, 9, 90)) == Used(0.01, 0.01, 100)


def test_medians_are_taken_figure_by_figure() -> None:
    assert median([Used(1, 9, 5), Used(2, 8, 6), Used(3, 7, 4)]) == Used(2, 8, 5)


def test_a_process_is_measured_with_its_children_and_a_failure_is_loud() -> None:
    burn = "import time; t = time.process_time()\nwhile time.process_time() < t + 0.3: pass"
    inner = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    used, _ = run([sys.executable, "-c", inner], os.environ)
    assert used.cpu > 0.3
    assert used.peak_mb > 1
    with pytest.raises(CommandFailed, match="ended with 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"], os.environ)


# ---- what is read from dbt


def artifacts(folder: Path) -> Path:
    """A table over a view over a raw table; the view is no input, the raw table is."""

    def node(name: str, kind: str, *parents: str) -> dict[str, Any]:
        return {"name": name, "unique_id": f"model.clm.{name}", "resource_type": "model", "fqn": ["clm", "staging"],
                "schema": "s", "relation_name": f"s.{name}", "config": {"materialized": kind},
                "depends_on": {"nodes": list(parents)}}  # fmt: skip

    raw, view, table = (
        "source.clm.raw.events",
        node("v", "view", "source.clm.raw.events"),
        node("t", "table", "model.clm.v"),
    )
    grain = {"test_metadata": {"name": "unique_grain", "kwargs": {"columns": ["id"]}}, "attached_node": "model.clm.t"}
    source = {"relation_name": "raw.events", "source_name": "raw", "resource_type": "source"}
    seed = {"name": "kinds", "resource_type": "seed", "relation_name": "reference.kinds"}
    nodes = {"model.clm.v": view, "model.clm.t": table, "test.clm.grain": grain, "seed.clm.kinds": seed}
    (folder / "manifest.json").write_text(json.dumps({"nodes": nodes, "sources": {raw: source}}))
    results = [
        {"unique_id": unique_id, "status": status, "compiled_code": "select 1", "execution_time": 1.5}
        for unique_id, status in (("model.clm.v", "success"), ("model.clm.t", "success"), ("test.clm.grain", "pass"))
    ]
    (folder / "run_results.json").write_text(json.dumps({"results": results}))
    return folder


def test_inputs_are_the_tables_behind_views_and_the_grain_is_its_test_s(tmp_path: Path) -> None:
    project = read(artifacts(tmp_path))
    table = project.model("t")
    assert (table.inputs, table.grain, table.seconds) == (("raw.events",), ("id",), 1.5)
    assert (project.raw, len(project.tests)) == (("raw.events",), 1)
    assert (project.relation("t"), project.relation("kinds")) == ("s.t", "reference.kinds")
    assert not project.model("v").is_table


def test_a_model_that_is_unknown_points_to_the_table_of_names() -> None:
    with pytest.raises(KeyError, match=r"names\.py"):
        Project((), (), ()).model("int_gone")


def test_heavy_are_the_tables_above_the_share_of_all_time() -> None:
    project = Project((model("a", 97), model("b", 1), model("c", 3), model("d", 9, is_table=False)), (), ())
    assert [found.name for found in project.heavy(0.02)] == ["a", "c"]


def test_comments_hold_no_words() -> None:
    assert words("select Page_path /* device */ from t -- customer_id") == {"select", "page_path", "from", "t"}


# ---- limits


@pytest.mark.parametrize(
    ("grain", "available", "expected"),
    [
        (("customer_id", "day"), ["day", "customer_id"], ("customer_id", "day")),
        (("session_id",), ["event_id", "visitor_id"], ("visitor_id",)),
        ((), ["something"], ("something",)),
    ],
)
def test_what_an_input_is_sorted_by(grain: tuple[str, ...], available: list[str], expected: tuple[str, ...]) -> None:
    assert limits.sort_key(model(grain=grain), available) == expected


def test_only_columns_that_the_sql_names_are_read() -> None:
    assert limits.columns(model(sql="select a, B from t"), {"columns": ["a", "b", "c"]}) == ["a", "b"]
    assert limits.columns(model(sql="select * from t"), {"columns": ["a", "b"]}) == ["a", "b"]


# ---- the report


def limited(name: str, ratio: float) -> dict[str, Any]:
    used = {"wall": 1.0, "cpu": 1.0, "peak_mb": 10.0}
    return {"model": name, "rows": 5, "sorted_by": ["a"], "took": used, "scan": used, "sort": used, "write": used,
            "ratio": {"cpu": ratio, "wall": ratio}, "reason": None}  # fmt: skip


def rendered(*models: dict[str, Any], **sections: Any) -> str:
    machine = {"cpu": "one", "cores": 2, "memory_gb": 4, "system": "Linux", "python": "3.11"}
    sizes = {"1000": {"models": list(models), **sections}}
    return report.as_markdown({"machine": machine, "repeats": 1, "build_repeats": 1, "sizes": sizes})


def test_a_miss_is_never_hidden() -> None:
    text = rendered(limited("int_good", 1.0), limited("int_bad", 9.0))
    worst = next(line for line in text.splitlines() if "the worst heavy model (int_bad)" in line)
    assert "**missed**" in worst
    assert "1 of 2 within, 0 beyond with a reason" in text
    assert "no reason given" in text


def test_what_is_within_its_target_is_met() -> None:
    text = rendered(limited("int_good", names.MODEL_TO_LIMIT))
    assert "missed" not in text
    assert "| met |" in text


def test_rows_that_others_make_otherwise_are_a_miss_and_a_report_without_them_stays_one() -> None:
    used = {"wall": 1.0, "cpu": 2.0, "peak_mb": 10.0}
    made = {"used": {**used, "cpu": 3.0}, "reading": used, "rows": 1_234, "different": 5, "summed": None}
    step = {"title": "days", "models": ["int_days"], "as_run": used, "alike": used, "forms": {"Polars": made}}
    text = rendered(limited("int_good", 1.0), others=[step])
    missed = "| rows of other heavy steps that others make otherwise | 0 | 5 |  | **missed** |"
    assert missed in text
    assert "| 1,000 | days | Polars | 3.00 | 2.00 | 1.50 × | 1.00 × | 10 | 1,234 rows: 5 rows differ |" in text
    assert "heavy steps" not in rendered(limited("int_good", 1.0))


# ---- work on a small shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    write_shop(path, Size(30_000))
    return path


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    path = tmp_path / shop.name
    path.write_bytes(shop.read_bytes())
    return path


def counted(path: Path, table: str) -> int:
    with duckdb.connect(str(path), read_only=True) as con:
        return int((con.execute(f"select count(*) from {table}").fetchone() or (0,))[0])


def test_rows_that_are_held_back_come_back_once_as_one_later_batch(own: Path, shop: Path) -> None:
    held = {arrival.name: arrival.held for arrival in refresh.ARRIVALS}
    tasks.split({"warehouse": own, "held": held, "keys": refresh.KEYS})
    whole = {table: counted(shop, f"raw.{table}") for table in refresh.KEYS}
    assert all(counted(own, f"raw.{table}") < rows for table, rows in whole.items())
    for arrival in refresh.ARRIVALS:
        tasks.arrive({"warehouse": own, "set": arrival.name, "tables": list(arrival.held)})
    assert {table: counted(own, f"raw.{table}") for table in refresh.KEYS} == whole
    with duckdb.connect(str(own), read_only=True) as con:
        batches = con.execute("select loaded_at, count(*) from raw.events group by 1 order by 1").fetchall()
    assert batches[0][1] > 0.95 * whole["events"]
    assert len(batches) == 3  # the base, the newest events, the late ones


def test_a_table_that_differs_is_found(own: Path) -> None:
    before = tasks.fingerprints({"warehouse": own, "schemas": ["raw"]})["tables"]
    with duckdb.connect(str(own)) as con:
        con.execute("update raw.products set brand = 'other' where product_id = 'p1'")
    after = tasks.fingerprints({"warehouse": own, "schemas": ["raw"]})["tables"]
    assert set(refresh.differences(before, {"run": after})) == {"raw.products after dbt run"}
    assert not refresh.differences(before, {"run": before})
    assert set(refresh.differences(before, {"run": {}})) == {f"{table} after dbt run" for table in before}


def test_a_refresh_of_the_large_shop_is_compared_with_a_full_run_beyond_an_empty_warehouse() -> None:
    used = {"empty": 10, "first": 15, "nothing_new": 11, "newest": 16, "full": 110}
    took = {name: {"cpu": cpu, "wall": 1, "peak_mb": 1} for name, cpu in used.items()}
    assert "6.0% of the full one" in hundred_million.refresh_in_words({"refresh": {**took, "rows": 1}})


def test_the_folder_of_the_figures_is_there_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour of measuring is not to be lost because nobody made it."""
    out = tmp_path / "new" / "figures"

    def measure(bench: Any, events: int, path: Path) -> dict[str, Any]:
        assert path.parent == out
        assert out.is_dir()
        raise KeyboardInterrupt

    monkeypatch.setattr(hundred_million, "run", measure)
    monkeypatch.setattr("sys.argv", ["benchmarks", "--memory-test", "--out", str(out), "--work", str(tmp_path)])
    with pytest.raises(KeyboardInterrupt):
        command.main()


# ---- heavy steps in every form

STAGES = {"product_view": "product_view", "cart": "add_to_cart", "checkout": "checkout", "purchase": "purchase"}
INPUTS = {  # what forms read, made of the raw shop with what a form could get wrong; some are made of those before
    names.ACCEPTED_EVENTS: f"""
        select *, {VISITOR} as visitor_id, recorded_at + interval 1 hour * (hash(event_id) % 30) as known_at
        from raw.events
        union all by name
        select * replace (occurred_at + interval 30 minute as occurred_at, concat(event_id, '-again') as event_id),
            {VISITOR} as visitor_id, recorded_at as known_at
        from raw.events where hash(event_id) % 20 = 0
    """,
    names.EVENT_VERSIONS: f"""
        select *, {VISITOR} as visitor_id, recorded_at as known_at from raw.events
        union all
        select * replace (null as page_path), {VISITOR}, recorded_at from raw.events where hash(event_id) % 50 = 0
        union all
        select * replace (event_type || '?' as event_type), {VISITOR}, recorded_at + interval 1 day
        from raw.events where hash(event_id) % 75 = 0
    """,
    names.ACTIVITY_TYPES: f"""
        select activity_type, stage, activity_type <> 'checkout' as is_active
        from '{ROOT / "seeds" / "reference" / "activity_types.csv"}'
    """,
    names.VISITS: f"""
        select min(event_id) as session_id, visitor_id, min(occurred_at) as started_at, max(occurred_at) as ended_at,
            cast(min(occurred_at) as date) as session_date, hash(visitor_id) % 9 = 0 as is_test,
            {", ".join(f"{end}(occurred_at) filter (where event_type = '{kind}') as {name}_{stage}_at"
                       for stage, kind in STAGES.items() for end, name in (("min", "first"), ("max", "last")))},
            {", ".join(f"count(*) filter (where event_type = '{kind}') as {stage}_count"
                       for stage, kind in STAGES.items())}
        from int_events group by visitor_id, cast(occurred_at as date) having hash(min(event_id)) % 9 > 0
    """,
    names.VISIT_SETTINGS: "select date '2025-03-15' as first_date",
    names.CUSTOMER_DAYS: f"""
        with told as (
            select order_id, customer_id, cast(ordered_at as date) as activity_date, activity_date as known_date,
                1 as sign
            from raw.orders
            union all
            select order_id, customer_id, cast(ordered_at as date) as activity_date, activity_date + 40, -1
            from raw.orders where hash(order_id) % 5 = 0
        )
        select customer_id, activity_date, known_date,
            {", ".join(f"cast(sum(sign * 0.37) as decimal(18, 4)) as {amount}" for amount in snapshots.AMOUNTS)},
            {", ".join(f"cast(sum(sign * (hash(order_id, {n}) % 3)) as bigint) as {count}"
                       for n, count in enumerate(snapshots.COUNTS))}
        from told group by all
    """,
    names.DAYS: """
        select cast(day as date) as date_day, day(day + interval 1 day) = 1 as is_as_of_date
        from generate_series(timestamp '2024-06-01', timestamp '2025-06-30', interval 1 day) as days(day)
    """,
    names.PURCHASE_DAYS: """
        select distinct customer_id, cast(ordered_at as date) as purchase_date
        from raw.orders where ordered_at < timestamp '2025-05-20'
    """,
    names.ACTIVE_DAYS: """
        select distinct customer_id, cast(occurred_at as date) as active_date
        from raw.events where customer_id is not null and occurred_at < timestamp '2025-05-20'
    """,
    names.CUSTOMERS: """
        select customer_id, nullif(acquisition_channel, 'mail') as acquisition_channel, country,
            cast(created_at as date) as first_known_date, hash(customer_id) % 50 = 0 as is_test
        from raw.customers where hash(customer_id) % 10 > 0
    """,
    names.TODAY: "select date '2025-05-25' as watermark_date",
    names.RFM_FEATURES: """
        select customer_id, as_of_date, nullif(hash(customer_id, as_of_date) % 40, 0) as recency_days,
            1 + hash(customer_id, as_of_date, 1) % 4 as frequency_count,
            cast(hash(customer_id, as_of_date, 2) % 50 / 4 as decimal(18, 4)) as monetary_amount
        from raw.customers, (values (date '2025-05-31'), (date '2025-06-15')) as dates(as_of_date), range(6)
    """,
    names.RFM_SEGMENTS: f"from '{ROOT / 'seeds' / 'reference' / 'rfm_segments.csv'}' where rfm_code <> 555",
}  # fmt: skip


@pytest.fixture(scope="module")
def inputs(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the inputs as tables of inputs.duckdb, and each as Parquet."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "inputs.duckdb").write_bytes(shop.read_bytes())
    with duckdb.connect(str(folder / "inputs.duckdb")) as con:
        for name, query in INPUTS.items():
            con.execute(f"create table {name} as {query}")
            con.execute(f"copy {name} to '{folder / name}.parquet' (format parquet)")
    return folder


@pytest.mark.parametrize("step", forms.STEPS.values(), ids=lambda step: step.title)
def test_every_tool_makes_the_same_rows(step: HeavyStep, inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, read = inputs / "inputs.duckdb", {name: of for name, (of, _) in step.inputs.items()}
    copies = {name: inputs / f"{of}.parquet" for name, of in read.items()}
    installed = [name for name in FORMS if name != "Polars" or find_spec("polars")]
    made = {
        name: {"step": step.model, "warehouse": own, "path": own.parent / f"{name}.parquet"} for name in installed
    }
    for name, request in made.items():
        form({**request, "form": name, "tables": read, "copies": copies})
    with duckdb.connect(str(own)) as con:
        con.execute(f"create or replace table model as from '{made['DuckDB SQL by hand']['path']}'")
        columns = tuple(line[0] for line in con.execute("describe model").fetchall())
    monkeypatch.setitem(forms.STEPS, step.model, replace(step, compared=columns))
    found = {name: differences({**request, "model": "model"}) for name, request in made.items()}
    assert {name: check["different"] for name, check in found.items()} == dict.fromkeys(installed, 0)
    assert found["pandas"]["rows"] > 300


def test_a_row_that_a_form_makes_otherwise_is_found(tmp_path: Path) -> None:
    step, warehouse = forms.STEPS[names.EVENT_DAYS], tmp_path / "days.duckdb"
    day = "'anna' as visitor_id, null as customer_id, date '2025-03-15' as activity_date, activity_date as known_date"
    counts = "event_count, 4 as active_event_count, 1 as product_view_count, 0 as cart_count"
    with duckdb.connect(str(warehouse)) as con:
        con.execute(f"create table days as select {day}, 5 as {counts}")
        con.execute(f"copy (select {day}, 6 as {counts}) to '{tmp_path / 'made.parquet'}'")
    request = {"step": step.model, "warehouse": warehouse, "model": "days", "path": tmp_path / "made.parquet"}
    found = differences(request)
    assert (found["different"], found["rows"], found["summed"]) == (2, 1, 6)


def test_the_command_teaches() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert "--events 1000000 3000000 10000000" in done.stdout


# ---- value models


def test_grouped_and_ungrouped_customers_give_the_same_fit() -> None:
    found = btyd.measured(2_000)
    assert found["cells"] < found["customers"] == 2_000
    assert found["furthest_apart"] < 1e-9
    assert found["times_grouped"]["ungrouped"] > 0


# ---- many customers


def test_the_shop_of_many_customers_has_about_three_orders_each(tmp_path: Path) -> None:
    lifecycle.write_shop(tmp_path / "shop.duckdb", 300)
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as con:
        rows = con.execute("select count(*), count(distinct customer_id) from raw.orders").fetchall()
        events = con.execute("select count(*), count(distinct event_id) from raw.events").fetchall()
    assert 250 < rows[0][1] <= 300 < 700 < rows[0][0] < 1500
    assert events[0][0] == events[0][1] > 1000


def test_made_is_what_reads_customers_days_views_on_the_way_too() -> None:
    made = [
        model("int_events", inputs=("raw",)),
        model("int_customer_days", inputs=("int_events",)),
        model("int_sessions", inputs=("int_events",)),
        model("int_growth_counts", inputs=("int_customer_days",)),
        model("int_view", inputs=("int_growth_counts",), is_table=False),
        model("int_days", inputs=("int_growth_counts", "int_orders")),
    ]
    found = lifecycle.chosen(Project(tuple(made), (), ()))
    assert [m.name for m in found] == ["int_growth_counts", "int_view", "int_days"]


def test_cheap_models_are_one_line_of_the_table() -> None:
    line = {"rows_read": 1000, "rows_made": 10, "scan_cpu": 0.1, "ratio": 9.0}
    models = [{"model": name, "cpu": cpu, **line} for name, cpu in (("dear", 0.9), ("cheap", 0.1), ("cheaper", 0.08))]
    text = lifecycle.as_markdown({"models": models})
    assert "| `dear` | 1,000 | 10 | 0.9 | 0.10 | 9 |" in text
    assert text.endswith("| 2 others together | | | 0.2 | | |")


# ---- scoring


class Baker:
    """Bakes slowly, and kneads for each loaf."""

    def loaves(self) -> Any:
        for _ in range(2):
            burn(0.03)
            yield self.knead()

    def knead(self) -> str:
        burn(0.06)
        return "loaf"


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_step_within_a_step_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Baker, "loaves", Baker.loaves)  # taken back afterwards
    monkeypatch.setattr(Baker, "knead", Baker.knead)
    watch = scoring.Stopwatch()
    watch.watch(Baker, "loaves", "baking")
    watch.watch(Baker, "knead", "kneading")
    assert list(Baker().loaves()) == ["loaf", "loaf"]
    burn(0.02)
    watch.turn()
    assert 0.06 <= watch.seconds["baking"] < 0.1
    assert 0.12 <= watch.seconds["kneading"] < 0.16
    assert 0.02 <= watch.seconds[scoring.BEFORE] < 0.06


def test_the_newest_customers_are_multiplied_and_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema features; create schema labels")
        con.execute("create table features.rows as select * from (values "
                    "('anna', date '2025-05-31', 9, 2.0, true), ('anna', date '2025-06-30', 200, 50.0, true), "
                    "('ben', date '2025-06-30', 100, null, false), ('carla', date '2025-06-30', 700, 1.0, false)"
                    ") as t(customer_id, as_of_date, recency_days, typical_gap_days, is_unsubscribed)")  # fmt: skip
        con.execute("create view features.feat_customer__all as select * from features.rows")
        con.execute("create table labels.label_churn as select customer_id, as_of_date, recency_days < 365 "
                    "as is_eligible, null::bigint as is_churned, 90 as horizon_days from features.rows")  # fmt: skip
    scoring.multiply(path, 7)
    with duckdb.connect(str(path)) as con:
        rows = con.execute(f"select f.* from {scoring.CHURN.source} where l.is_eligible order by 2, 3").fetchall()
    assert [row[2] for row in rows[:1]] == [9]
    assert len({row[0] for row in rows}) == 8
    assert sorted(row[4] for row in rows[1:]) == [False] * 3 + [True] * 4
    assert all(85 <= row[2] <= 115 or 170 <= row[2] <= 230 for row in rows[1:])
    assert all((row[3] is None) == (row[4] is False) for row in rows[1:])
