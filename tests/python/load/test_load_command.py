"""The command: data on stdout, narration on stderr, exit codes that a script can rely on."""

from __future__ import annotations

import json
from pathlib import Path

from clm_ml.cli import app
from clm_ml.load.mapping import preset_names, read_mapping
from typer.testing import CliRunner

CLICKS = "user,event,timestamp\nanna,cart,2019-11-01 18:00:00\nben,cart,soon\n"


def _run(*arguments: object):
    return CliRunner().invoke(app, ["load", *map(str, arguments)])


def test_a_table_for_people_and_json_for_machines(warehouse):
    path = warehouse.file("clicks.csv", CLICKS)
    done = _run("click_events", path)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].split() == ["clicks.csv", "3", "1", "0", "1", "1", "0"]
    assert done.stdout.splitlines()[-1].split() == ["raw.events", "1"]
    again = json.loads(_run("click_events", path, "--json").stdout)
    assert (again["loaded_at"], again["files"][0]["status"]) == (None, "already loaded")


def test_column_names_are_given_by_hand(warehouse):
    path = warehouse.file("clicks.csv", CLICKS.replace("user", "who"))
    assert _run("click_events", path).exit_code == 3
    assert _run("click_events", path, "--column", "user=who").exit_code == 0
    assert _run("click_events", path, "--column", "who").exit_code == 2


def test_wrong_usage_is_exit_2_and_says_what_there_is(warehouse):
    unknown = _run("online_retail", "x.csv")
    assert unknown.exit_code == 2
    assert all(name in unknown.stderr for name in preset_names())
    absent = _run("cdnow", "nope.txt")
    assert absent.exit_code == 2
    assert "nope.txt" in absent.stderr
    assert _run("cdnow").exit_code == 2
    assert _run("cdnow", warehouse.folder).exit_code == 2


def test_help_and_documentation_name_every_preset():
    root = Path(__file__).parents[3]

    said = _run("--help").stdout
    page = (root / "docs" / "loading.md").read_text(encoding="utf-8")
    for name in preset_names():
        assert name in said
        assert f"`{name}`" in page


def test_a_shipped_preset_is_a_mapping_like_any_other(warehouse):
    for name in preset_names():
        shown = _run(name, "--show").stdout
        own = warehouse.file(f"{name}.yml", shown)
        assert read_mapping(str(own)) == read_mapping(name)


def test_on_spark_it_says_what_to_do_instead(warehouse, monkeypatch):
    monkeypatch.setenv("DBT_TARGET", "spark")
    done = _run("click_events", warehouse.file("clicks.csv", CLICKS))
    assert done.exit_code == 2
    assert "land the files in schema raw with Spark" in done.stderr
