"""What dbt says of the project: its models in the order they were built, their SQL, parents, grain and times."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLES = {"table", "incremental"}


@dataclass(frozen=True)
class Model:
    """One model of a full build, as it was compiled then."""

    name: str
    unique_id: str
    room: str
    schema: str
    relation: str
    is_table: bool
    sql: str
    seconds: float
    grain: tuple[str, ...]
    inputs: tuple[str, ...]  # relations of the tables it reads, seen through views


@dataclass(frozen=True)
class Project:
    """The models in the order of the build, the SQL of the tests, and the relations of raw tables and seeds."""

    models: tuple[Model, ...]
    tests: tuple[str, ...]
    raw: tuple[str, ...]
    seeds: Mapping[str, str] = field(default_factory=dict)

    def model(self, name: str) -> Model:
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(f"no model is called {name}: change benchmarks/names.py")

    def relation(self, name: str) -> str:
        """The relation of a model or a seed."""
        return self.seeds.get(name) or self.model(name).relation

    def heavy(self, share: float) -> tuple[Model, ...]:
        """The tables that took more than this share of all models' time, longest first."""
        least = share * sum(model.seconds for model in self.models)
        found = (model for model in self.models if model.is_table and model.seconds > least)
        return tuple(sorted(found, key=lambda model: -model.seconds))


def read(target: Path) -> Project:
    """From the artifacts of a full `dbt build`."""
    manifest = json.loads((target / "manifest.json").read_text())
    results = json.loads((target / "run_results.json").read_text())["results"]
    done = [result for result in results if result["status"] in ("success", "pass")]
    grains = _grains(manifest)
    models = [_model(result, manifest, grains) for result in done if result["unique_id"].startswith("model.")]
    tests = [result["compiled_code"] for result in done if result["unique_id"].startswith("test.")]
    raw = [source["relation_name"] for source in manifest["sources"].values() if source["source_name"] == "raw"]
    nodes = manifest["nodes"].values()
    seeds = {node["name"]: node["relation_name"] for node in nodes if node.get("resource_type") == "seed"}
    return Project(tuple(models), tuple(tests), tuple(raw), seeds)


def words(sql: str) -> set[str]:
    """Every word of the SQL outside comments, in lower case."""
    return set(re.findall(r"\w+", re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql, flags=re.DOTALL).lower()))


def _model(result: dict[str, Any], manifest: dict[str, Any], grains: dict[str, tuple[str, ...]]) -> Model:
    node = manifest["nodes"][result["unique_id"]]
    return Model(
        name=node["name"],
        unique_id=node["unique_id"],
        room=node["fqn"][1],
        schema=node["schema"],
        relation=node["relation_name"],
        is_table=node["config"]["materialized"] in TABLES,
        sql=result["compiled_code"],
        seconds=result["execution_time"],
        grain=grains.get(node["unique_id"], ()),
        inputs=tuple(dict.fromkeys(_inputs(node, manifest))),
    )


def _grains(manifest: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    tests = [node for node in manifest["nodes"].values() if node.get("test_metadata")]
    return {
        test["attached_node"]: tuple(test["test_metadata"]["kwargs"]["columns"])
        for test in tests
        if test["test_metadata"]["name"] == "unique_grain"
    }


def _inputs(node: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for parent_id in node["depends_on"]["nodes"]:
        parent = manifest["nodes"].get(parent_id) or manifest["sources"][parent_id]
        is_view = parent["resource_type"] == "model" and parent["config"]["materialized"] not in TABLES
        found += _inputs(parent, manifest) if is_view else [parent["relation_name"]]
    return found
