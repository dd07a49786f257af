"""A mapping says how a file's columns become rows of the raw tables. A preset is a mapping that is shipped."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from clm_ml.errors import UsageError
from clm_ml.project import RawTable

TYPES = ("text", "timestamp", "date", "decimal", "bigint", "boolean")
LEDGER_TABLES = ("load_files", "load_rejects")
_PRESETS = Path(__file__).parent / "presets"
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_LINE_COLUMNS = ("line_number", "line_span", "file_name", "reason", "rule_number")
_SCRATCH_TABLES = ("lines", "landed", "typed", "judged")
_CONTRACT_TYPES = {"string": "text", "decimal(18,4)": "decimal"}


@dataclass(frozen=True)
class Format:
    """How the lines of a text file are cut into fields. A file in Parquet needs none of it."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: str = "required"
    layouts: tuple[tuple[str, ...], ...] = ()
    null_values: tuple[str, ...] = ("",)

    @property
    def splits_on_whitespace(self) -> bool:
        return self.delimiter == "whitespace"


@dataclass(frozen=True)
class Column:
    """One column: its names in a header, its type, whether the header must have it and a line must fill it."""

    name: str
    headers: tuple[str, ...]
    type: str = "text"
    formats: tuple[str, ...] = ()
    timezone: str = "UTC"
    required: bool = False
    not_null: bool = False


@dataclass(frozen=True)
class Rule:
    """Lines for which `when` is true are not accepted: quarantined with the reason, or counted as duplicates."""

    reason: str
    when: str
    status: str = "quarantined"


@dataclass(frozen=True)
class Table:
    """What one raw table takes from the accepted lines: SQL expression per column."""

    name: str
    columns: dict[str, str]
    source: str = "lines"
    where: str = ""
    group_by: str = ""
    own: bool = False


@dataclass(frozen=True)
class Mapping:
    """A whole mapping. `contract` means: the file's name is a raw table, its columns are the contract's."""

    name: str
    format: Format = Format()
    columns: tuple[Column, ...] = ()
    derive: dict[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    steps: dict[str, str] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    contract: bool = False

    @property
    def sha256(self) -> str:
        """The hash of what the mapping says; its name, comments and layout do not count."""
        said = {k: v for k, v in _plain(self).items() if k != "name"}
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def preset_names() -> list[str]:
    """The shipped mappings."""
    return sorted(path.stem for path in _PRESETS.glob("*.yml"))


def mapping_path(preset_or_file: str) -> Path:
    """The file of a preset's name, or the mapping file itself."""
    if preset_or_file in preset_names():
        return _PRESETS / f"{preset_or_file}.yml"
    path = Path(preset_or_file)
    if path.suffix in (".yml", ".yaml") and path.is_file():
        return path
    raise UsageError(
        f"there is no preset and no mapping file {preset_or_file!r}",
        f"presets: {', '.join(preset_names())}; or give the path of a .yml file (docs/loading.md shows one)",
    )


def read_mapping(preset_or_file: str, renamed: Dict[str, str] | None = None) -> Mapping:
    """The mapping, checked. `renamed` gives the header names of single columns (internal name: header)."""
    path = mapping_path(preset_or_file)
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name} is not YAML: {error}") from error
    mapping = _Reader(path.stem).mapping(said)
    return _rename(mapping, renamed or {})


def renamed_columns(pairs: Sequence[str]) -> dict[str, str]:
    """NAME=HEADER pairs as a dictionary."""
    wrong = [pair for pair in pairs if not all(pair.partition("="))]
    if wrong:
        raise UsageError(f"--column {wrong[0]!r} is not NAME=HEADER", "for example --column user=visitor")
    return {name: header for name, _, header in (pair.partition("=") for pair in pairs)}


def for_file(mapping: Mapping, file_name: str, contract: Dict[str, RawTable]) -> Mapping:
    """The mapping as it applies to one file: a contract mapping takes the table from the file's name."""
    if not mapping.contract:
        return mapping
    table = contract.get(file_name.split(".")[0])
    if table is None:
        raise UsageError(
            f"{file_name} is not named after a raw table",
            f"name it <table>.csv or <table>.parquet, where <table> is one of: {', '.join(contract)}",
        )
    columns = tuple(_contract_column(table, name) for name in table.columns if name != "loaded_at")
    target = Table(table.name, {c.name: f'"{c.name}"' for c in columns})
    return replace(mapping, columns=columns, tables=(target,), contract=False)


def check_tables(mapping: Mapping, contract: Dict[str, RawTable]) -> None:
    """Every table of the mapping is one of the contract with columns it has, or says that it is its own."""
    for table in mapping.tables:
        known = contract.get(table.name)
        if table.own and (known or table.name in LEDGER_TABLES):
            raise UsageError(
                f"mapping {mapping.name}: {table.name} is not a table of your own", "choose another name"
            )
        if not table.own and known is None:
            raise UsageError(
                f"mapping {mapping.name}: there is no raw table {table.name!r}",
                f"one of: {', '.join(contract)}; or say `own: true` for a table of your own",
            )
        unknown = [] if known is None else [c for c in table.columns if c not in known.columns or c == "loaded_at"]
        if known and unknown:
            raise UsageError(
                f"mapping {mapping.name}: raw.{table.name} takes no column {', '.join(unknown)}",
                f"it takes: {', '.join(c for c in known.columns if c != 'loaded_at')}",
            )


def _contract_column(table: RawTable, name: str) -> Column:
    declared = table.columns[name]
    needed = name in table.required
    return Column(name, (name,), _CONTRACT_TYPES.get(declared, declared), required=needed, not_null=needed)


def _rename(mapping: Mapping, renamed: Dict[str, str]) -> Mapping:
    names = [c.name for c in mapping.columns]
    unknown = [name for name in renamed if name not in names]
    if unknown:
        raise UsageError(f"mapping {mapping.name} has no column {', '.join(unknown)}", f"it has: {', '.join(names)}")
    columns = tuple(replace(c, headers=(renamed[c.name],)) if c.name in renamed else c for c in mapping.columns)
    return replace(mapping, columns=columns)


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


class _Reader:
    """Turns the YAML's dictionaries into a Mapping; every word that it does not know is an error."""

    def __init__(self, name: str) -> None:
        self.name = name

    def mapping(self, said: Any) -> Mapping:
        allowed = ("description", "format", "columns", "derive", "rules", "steps", "tables", "contract")
        said = self._words(said, "the file", allowed)
        mapping = Mapping(
            name=self.name,
            format=self._format(said.get("format")),
            columns=tuple(self._column(n, c) for n, c in self._words(said.get("columns"), "columns").items()),
            derive=self._sql(said.get("derive"), "derive", _LINE_COLUMNS),
            rules=tuple(self._rule(r) for r in said.get("rules") or []),
            steps=self._sql(said.get("steps"), "steps", _SCRATCH_TABLES),
            tables=tuple(self._table(n, t) for n, t in self._words(said.get("tables"), "tables").items()),
            contract=said.get("contract") is True,
        )
        if not mapping.contract and not (mapping.columns and mapping.tables):
            self._refuse("it needs `columns` and `tables`")
        return mapping

    def _format(self, said: Any) -> Format:
        words = ("delimiter", "quote", "encoding", "header", "layouts", "null_values")
        said = dict(self._words(said, "format", words))
        said["layouts"] = tuple(tuple(layout) for layout in said.get("layouts") or ())
        said["null_values"] = tuple(str(v) for v in said.get("null_values") or ("",))
        form = Format(**said)
        if not form.splits_on_whitespace and len(form.delimiter) != 1:
            self._refuse(f"delimiter {form.delimiter!r} is neither one character nor `whitespace`")
        if form.header not in ("required", "optional") or (form.header == "optional" and not form.layouts):
            self._refuse("header is `required`, or `optional` with `layouts` for the files that have none")
        self._check_encoding(form.encoding)
        return form

    def _check_encoding(self, encoding: str) -> None:
        try:
            plain = '\n,;"'.encode(encoding) == b'\n,;"'
        except LookupError:
            plain = False
        if not plain:
            self._refuse(f"encoding {encoding!r} is not supported: utf-8, latin-1, windows-1252 and their like are")

    def _column(self, name: str, said: Any) -> Column:
        words = ("header", "type", "format", "timezone", "required", "not_null")
        said = self._words(said, f"column {name}", words)
        column = Column(
            name=self._name(name, _LINE_COLUMNS),
            headers=_listed(said.get("header", name)),
            type=said.get("type", "text"),
            formats=_listed(said.get("format")),
            timezone=said.get("timezone", "UTC"),
            required=said.get("required") is True,
            not_null=said.get("not_null") is True,
        )
        if column.type not in TYPES:
            self._refuse(f"column {name}: type {column.type!r} is none of {', '.join(TYPES)}")
        return column

    def _rule(self, said: Any) -> Rule:
        rule = Rule(**self._words(said, "a rule", ("reason", "when", "status"), ("reason", "when")))
        if rule.status not in ("quarantined", "duplicate"):
            self._refuse(f"rule {rule.reason!r}: status is `quarantined` or `duplicate`")
        return rule

    def _table(self, name: str, said: Any) -> Table:
        said = self._words(said, f"table {name}", ("from", "columns", "where", "group_by", "own"), ("columns",))
        return Table(
            name=self._name(name),
            columns=self._sql(said["columns"], f"table {name}"),
            source=said.get("from", "lines"),
            where=said.get("where", ""),
            group_by=said.get("group_by", ""),
            own=said.get("own") is True,
        )

    def _sql(self, said: Any, place: str, taken: tuple[str, ...] = ()) -> dict[str, str]:
        return {self._name(name, taken): str(sql) for name, sql in self._words(said, place).items()}

    def _words(
        self, said: Any, place: str, allowed: tuple[str, ...] = (), needed: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        if not isinstance(said or {}, dict):
            self._refuse(f"{place}: expected names and values, found {said!r}")
        said = said or {}
        unknown = [str(word) for word in said if allowed and word not in allowed]
        if unknown:
            self._refuse(f"{place} has no {', '.join(unknown)}; it has {', '.join(allowed)}")
        missing = [word for word in needed if word not in said]
        if missing:
            self._refuse(f"{place} lacks {', '.join(missing)}")
        return said

    def _name(self, name: Any, taken: tuple[str, ...] = ()) -> str:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._refuse(f"{name!r} is no name: lower case letters, digits and underscores make one")
        if name in taken:
            self._refuse(f"the name {name!r} is taken; so are {', '.join(taken)}")
        return str(name)

    def _refuse(self, why: str) -> None:
        raise UsageError(f"mapping {self.name}: {why}", "docs/loading.md describes the mapping file")


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),)
