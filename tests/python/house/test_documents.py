"""What the documents promise to mention, and what no tracked file may mention."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from clm_ml.cli import app

PUBLIC = {"features", "labels", "predictions", "marts"}
MACHINE_PATH = re.compile(r"(?<![\w.~*:/>}])/(?:home|Users|root|work|tmp|mnt)/\w+")
REGISTRY = re.compile(
    r"https?://\S*(?:pypi|pythonhosted|artifactory|nexus|devpi|jfrog)|(?<!emit-)index-url\s*[= ]", re.I
)


@pytest.fixture(scope="module")
def documents(root: Path) -> str:
    """Everything a user reads."""
    paths = [root / n for n in ("README.md", "CONTRIBUTING.md", "models/overview.md")]
    return "\n".join(p.read_text(encoding="utf-8") for p in [*paths, *sorted((root / "docs").rglob("*.md"))])


@pytest.fixture(scope="module")
def variables(root: Path) -> dict[str, Any]:
    return yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


@pytest.fixture(scope="module")
def sql(root: Path) -> str:
    """All SQL and YAML that dbt reads."""
    paths = [p for folder in ("models", "macros") for p in (root / folder).rglob("*") if p.suffix in (".sql", ".yml")]
    return "\n".join(p.read_text(encoding="utf-8") for p in [*paths, root / "dbt_project.yml"])


def commands() -> list[str]:
    named = [c.name or (c.callback.__name__ if c.callback else "") for c in app.registered_commands]
    return [n.replace("_", "-") for n in named] + [g.name or "" for g in app.registered_groups]


def tracked(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True).stdout
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def test_the_documents_mention_every_command(documents: str) -> None:
    assert len(commands()) >= 5
    assert not [c for c in commands() if f"clm-ml {c}" not in documents]


def test_the_documents_mention_every_make_target(root: Path, documents: str) -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert not [t for t in ("run", "test") if t not in targets or f"make {t}" not in documents]


def test_the_documents_describe_every_variable(documents: str, variables: dict[str, Any]) -> None:
    assert not [name for name in variables if f"`{name}`" not in documents]


def test_every_variable_is_used(sql: str, variables: dict[str, Any]) -> None:
    assert not [name for name in variables if not re.search(rf"\bvar\(\s*['\"]{name}['\"]", sql)]


def test_every_variable_that_is_used_has_its_default_in_one_place(sql: str, variables: dict[str, Any]) -> None:
    used = set(re.findall(r"\bvar\(\s*['\"](\w+)['\"]", sql))
    assert used - set(variables) == {"raw_from"}  # its default is an environment variable


def test_the_documented_defaults_are_the_real_ones(root: Path, variables: dict[str, Any]) -> None:
    table = (root / "docs/variables.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`|null) \|", table, re.MULTILINE))
    wrong = {n: (said.get(n), v) for n, v in variables.items() if yaml.safe_load(said.get(n) or "null") != v}
    assert not wrong


def test_the_documents_mention_every_public_model(documents: str, manifest: dict[str, Any]) -> None:
    public = [n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["fqn"][1] in PUBLIC]
    assert len(public) > 20
    assert not [n["name"] for n in public if not re.search(rf"\b{n['name']}\b", documents)]


def test_no_tracked_file_names_a_machine_s_path_or_a_registry(root: Path) -> None:
    found = set()
    for path in tracked(root):
        text = path.read_bytes().decode("utf-8", errors="ignore")
        hits = [m.group() for pattern in (MACHINE_PATH, REGISTRY) for m in pattern.finditer(text)]
        found |= {(str(path.relative_to(root)), hit) for hit in hits}
    assert not found


@pytest.mark.parametrize("line", ["cd " + "/home" + "/ada/clm", '"' + "/tmp" + '/clm"', "--index-" + "url=somewhere"])
def test_a_machine_s_path_would_be_found(line: str) -> None:
    assert MACHINE_PATH.search(line) or REGISTRY.search(line)


def test_the_constraints_pin_versions_and_name_no_place(root: Path) -> None:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 50
    assert not [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[^\s@]+( ; .*)?", line)]
    assert "://" not in "\n".join(lines)
