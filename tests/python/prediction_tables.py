"""The prediction tables of a warehouse without dbt, made from the project's .sql and .yml files, constraints too."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def prediction_tables() -> list[str]:
    """create table statements, from the project's own contract."""
    text = (ROOT / "models/predictions/_predictions__models.yml").read_text(encoding="utf-8")
    models = yaml.safe_load(text)["models"]
    return [_create(model) for model in models if model["config"].get("materialized") == "incremental"]


def _create(model: dict) -> str:
    sql = (ROOT / f"models/predictions/{model['name']}.sql").read_text(encoding="utf-8")
    in_sql = re.findall(r"as (\w+),?\n", sql)
    assert in_sql == [column["name"] for column in model["columns"]], model["name"]
    columns = ", ".join(_column(column) for column in model["columns"])
    return f"create table predictions.{model['name']} ({columns})"


def _column(column: dict) -> str:
    words = [column["name"], column["data_type"]]
    for constraint in column.get("constraints", []):
        words.append("not null" if constraint["type"] == "not_null" else f"check ({constraint['expression']})")
    return " ".join(words)
