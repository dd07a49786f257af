"""Where the dbt project is, and what it says: profile, variables, the contract of the raw tables."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clm_ml.errors import UsageError

_ENV_VAR = re.compile(r"\{\{\s*env_var\(\s*'([^']+)'\s*(?:,\s*'([^']*)'\s*)?\)[^}]*\}\}")


@dataclass(frozen=True)
class RawTable:
    """The contract of one raw table: column name to type, its key, and what a row cannot do without."""

    name: str
    columns: dict[str, str]
    key: list[str]
    required: list[str]
    happened_at: str | None


def project_dir() -> Path:
    """The folder that holds dbt_project.yml: DBT_PROJECT_DIR, or this folder or one above it."""
    named = os.environ.get("DBT_PROJECT_DIR")
    start = Path(named) if named else Path.cwd()
    candidates = [start] if named else [start, *start.parents]
    for folder in candidates:
        if (folder / "dbt_project.yml").is_file():
            return folder.resolve()
    raise UsageError(
        f"no dbt_project.yml in {start} or above it",
        "run clm-ml inside the project, or set DBT_PROJECT_DIR to its folder",
    )


def profile_target(target: str | None = None) -> dict[str, Any]:
    """The chosen output of dbt's own profile, with its env_var() calls filled in."""
    root = project_dir()
    folder = Path(os.environ.get("DBT_PROFILES_DIR") or root)
    path = folder / "profiles.yml"
    if not path.is_file():
        raise UsageError(f"no profiles.yml in {folder}", "set DBT_PROFILES_DIR to the folder that holds it")
    profile_name = yaml.safe_load((root / "dbt_project.yml").read_text())["profile"]
    profile = yaml.safe_load(path.read_text()).get(profile_name) or {}
    name = target or os.environ.get("DBT_TARGET") or _fill(profile.get("target", "duckdb"))
    outputs = profile.get("outputs", {})
    if name not in outputs:
        raise UsageError(f"{path} has no target {name!r}", f"choose one of: {', '.join(outputs)}")
    filled: dict[str, Any] = _fill(outputs[name])
    return filled


def database_path() -> Path:
    """The DuckDB file: CLM_DATABASE, or the path in dbt's profile, relative to the project."""
    path = Path(str(profile_target().get("path", "")))
    return path if path.is_absolute() else project_dir() / path


def models_dir() -> Path:
    """Where models are kept: beside the DuckDB file, or beside the tables of the Spark warehouse.

    Where these are a server's: where they would be if they were here.
    """
    profile = profile_target()
    if profile.get("type") != "spark":
        return database_path().parent / "clm_models"
    tables = profile.get("server_side_parameters", {}).get("spark.sql.warehouse.dir")
    folder = Path(tables).parent if tables else Path(os.environ.get("CLM_SPARK_WAREHOUSE") or "warehouse/spark")
    return project_dir() / folder / "clm_models"


def raw_tables() -> dict[str, RawTable]:
    """The contract of the raw tables, as models/staging/_raw__sources.yml states it."""
    path = project_dir() / "models" / "staging" / "_raw__sources.yml"
    tables = yaml.safe_load(path.read_text())["sources"][0]["tables"]
    return {t["name"]: _raw_table(t) for t in tables}


def _raw_table(table: dict[str, Any]) -> RawTable:
    meta = table["config"]["meta"]
    columns = {c["name"]: c["data_type"] for c in table["columns"]}
    return RawTable(table["name"], columns, meta["key"], meta["required"], meta["happened_at"])


def _fill(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _fill(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v) for v in value]
    if isinstance(value, str):
        return _ENV_VAR.sub(lambda m: os.environ.get(m[1], m[2] or ""), value)
    return value
