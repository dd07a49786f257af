"""One call of `clm-ml load`: plan every file, then write all of them, their rejects and the ledger, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dict
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clm_ml.console import progress, say
from clm_ml.errors import ClmError, UsageError
from clm_ml.load.landing import land_parquet, land_text
from clm_ml.load.ledger import FileResult, create_ledger, is_loaded, next_loaded_at, write_entry
from clm_ml.load.mapping import Mapping, Rule, Table, check_tables, read_mapping
from clm_ml.load.plan import Plan, plan_file
from clm_ml.load.types import absent, filled, literal, quoted, reason, typed
from clm_ml.project import RawTable, profile_target, raw_tables
from clm_ml.warehouse import connect_duckdb, transaction

if TYPE_CHECKING:
    import duckdb

_NO_TABLE = "no table of the mapping takes this line"


@dataclass(frozen=True)
class LoadResult:
    """What one call did: its mapping, its instant (None where all files were loaded before), and every file."""

    mapping: str
    loaded_at: datetime | None
    files: list[FileResult]

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        loaded_at = self.loaded_at.isoformat() + "Z" if self.loaded_at else None
        return {"mapping": self.mapping, "loaded_at": loaded_at, "files": [asdict(f) for f in self.files]}


def load(preset_or_file: str, paths: Sequence[Path], renamed: Dict[str, str] | None = None) -> LoadResult:
    """Load the files into the warehouse of dbt's profile, in one transaction."""
    if profile_target().get("type") == "spark":
        raise UsageError(
            "clm-ml load writes DuckDB's raw tables, and the target is Spark",
            "land the files in schema raw with Spark; models/staging/_raw__sources.yml names the columns",
        )
    mapping = read_mapping(preset_or_file, renamed)
    if not paths:
        raise UsageError("no file was given", "clm-ml load PRESET|MAPPING FILE...; clm-ml load --help shows examples")
    contract = raw_tables()
    check_tables(mapping, contract)
    plans = [plan_file(path, mapping, contract) for path in progress(paths, "reading headers")]
    with connect_duckdb(create=True) as con:
        return load_plans(con, mapping, plans, contract)


def load_plans(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, plans: Sequence[Plan], contract: Dict[str, RawTable]
) -> LoadResult:
    """Write all planned files with one loaded_at; any error leaves the warehouse as it was."""
    with transaction(con):
        create_ledger(con)
        loaded_at = next_loaded_at(con)
        results = [_load_file(con, plan, contract, loaded_at) for plan in progress(plans, "loading files")]
    loaded = any(result.status == "loaded" for result in results)
    return LoadResult(mapping.name, loaded_at if loaded else None, results)


def _load_file(
    con: duckdb.DuckDBPyConnection, plan: Plan, contract: Dict[str, RawTable], loaded_at: datetime
) -> FileResult:
    result = FileResult(plan.path.name, plan.content.sha256, line_count=plan.content.line_count)
    if is_loaded(con, plan.content.sha256, plan.mapping):
        say(f"{plan.path.name}: loaded before with the same mapping; nothing to do")
        result.status, result.line_count = "already loaded", 0
        return result
    say(f"{plan.path.name}: reading")
    with _scratch(con, plan.mapping):
        if not plan.content.is_parquet:
            _land(con, plan, result)  # says itself how far it is
        steps: list[Callable[[], None]] = [
            *([lambda: _land(con, plan, result)] if plan.content.is_parquet else []),
            lambda: _type(con, plan),
            lambda: _judge(con, plan),
            lambda: _count(con, plan.mapping, result),
            lambda: _write_rejects(con, plan, result, loaded_at),
            lambda: _run_steps(con, plan.mapping),
            lambda: _fill_tables(con, plan, contract, result, loaded_at),
        ]
        for step in progress(steps, f"{plan.path.name}, steps"):
            step()
    write_entry(con, result, plan.mapping, loaded_at)
    return result


@contextmanager
def _scratch(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> Iterator[None]:
    """The temporary tables of one file, gone before the next one; after an error the rollback removes them."""
    yield
    for name in ["lines", *reversed(mapping.steps), "judged", "typed", "landed"]:
        kind = "view" if name == "lines" else "table"
        con.execute(f"drop {kind} if exists temp.{quoted(name)}")


def _land(con: duckdb.DuckDBPyConnection, plan: Plan, result: FileResult) -> None:
    if plan.content.is_parquet:
        result.line_count = land_parquet(con, plan)
    else:
        result.header_count, result.blank_count = land_text(con, plan)


def _type(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """temp.typed: one row per record, typed, with the reason why it is not acceptable, if any."""
    raw, cast = [], []
    for column in plan.mapping.columns:
        landed = plan.landed_types.get(column.name)
        value = "null" if landed is None else filled(column, landed, plan.mapping.format)
        raw.append(f"{value} as {quoted('raw_' + column.name)}")
        sql = absent(column) if landed is None else typed(column, quoted("raw_" + column.name), landed)
        cast.append(f"{sql} as {quoted(column.name)}")
    names = ", ".join(quoted(c.name) for c in plan.mapping.columns)
    reasons = ", ".join(reason(c) for c in plan.mapping.columns)
    con.execute(f"""
        create temp table typed as
        with filled as (select line_number, line_span, problem, {", ".join(raw)} from landed),
        cast_ as (select *, {", ".join(cast)} from filled)
        select line_number, line_span, {names},
            coalesce(problem, nullif(concat_ws('; ', {reasons}), '')) as reason
        from cast_""")


def _judge(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """temp.judged: the readable lines, their derived columns, the first rule that holds. temp.lines: the accepted."""
    mapping = plan.mapping
    file_name = literal(plan.path.name)
    steps = [f"d0 as (select * exclude (reason), {file_name} as file_name from typed where reason is null)"]
    for at, (name, sql) in enumerate(mapping.derive.items()):
        steps.append(f"d{at + 1} as (select *, ({sql}) as {quoted(name)} from d{at})")
    cases = " ".join(f"when ({rule.when}) then {at}" for at, rule in enumerate(_rules(mapping)))
    rule = f"case {cases} end" if cases else "cast(null as integer)"
    with _mapping_errors(mapping, "derive and rules"):
        con.execute(
            f"create temp table judged as with {', '.join(steps)} "
            f"select *, {rule} as rule_number from d{len(mapping.derive)}"
        )
    con.execute("create temp view lines as select * exclude (rule_number) from judged where rule_number is null")


def _rules(mapping: Mapping) -> list[Rule]:
    """The mapping's rules; where every table is choosy, a line that none takes is quarantined too."""
    wheres = [f"coalesce(({t.where}), false)" for t in mapping.tables if t.where and t.source == "lines"]
    choosy = len(wheres) == len(mapping.tables)
    return [*mapping.rules, *([Rule(_NO_TABLE, f"not ({' or '.join(wheres)})")] if choosy else [])]


def _count(con: duckdb.DuckDBPyConnection, mapping: Mapping, result: FileResult) -> None:
    rules = _rules(mapping)
    result.quarantined_count = _lines(con, "select sum(line_span) from typed where reason is not null")
    for number, count in con.execute("select rule_number, sum(line_span) from judged group by all").fetchall():
        if number is None:
            result.accepted_count += int(count)
        elif rules[number].status == "duplicate":
            result.duplicate_count += int(count)
        else:
            result.quarantined_count += int(count)


def _write_rejects(con: duckdb.DuckDBPyConnection, plan: Plan, result: FileResult, loaded_at: datetime) -> None:
    """raw.load_rejects: one row per quarantined line, with its text."""
    rules = _rules(plan.mapping)
    bad = "select line_number, line_span, reason from typed where reason is not null"
    for at, rule in enumerate(rules):
        if rule.status == "quarantined":
            bad += f" union all select line_number, line_span, {literal(rule.reason)} from judged"
            bad += f" where rule_number = {at}"
    written = con.execute(
        f"""
        insert into raw.load_rejects by name
        with bad as ({bad}), each as (select *, unnest(range(line_span)) as below from bad)
        select ? as file_name, ? as file_sha256, ? as mapping_name, each.line_number + below as line_number, reason,
            case when line_span = 1 then line_text else string_split(line_text, chr(10))[below + 1] end as line_text,
            cast(? as timestamp) as loaded_at
        from each
        inner join (select line_number, line_text from landed) as text on each.line_number = text.line_number
        order by line_number""",
        [result.file_name, result.sha256, plan.mapping.name, loaded_at],
    ).fetchone()
    if written is None or written[0] != result.quarantined_count:
        raise ClmError(f"{result.file_name}: {result.quarantined_count} lines quarantined, {written} kept")


def _run_steps(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
    for name, sql in mapping.steps.items():
        with _mapping_errors(mapping, f"step {name}"):
            con.execute(f"create temp table {quoted(name)} as {sql}")


def _fill_table(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, table: Table, known: RawTable | None, loaded_at: datetime
) -> int:
    """Append to raw.<table> what the mapping selects for it; the number of rows."""
    select = _select(table)
    target = f"raw.{quoted(table.name)}"
    stamp = f"cast({literal(str(loaded_at))} as timestamp) as loaded_at"
    with _mapping_errors(mapping, f"table {table.name}"):
        if known is None:
            con.execute(f"create table if not exists {target} as select *, {stamp} from ({select}) limit 0")
            cast = ", ".join(quoted(c) for c in table.columns)
        else:
            declared = ", ".join(f"{quoted(c)} {t}" for c, t in known.columns.items())
            con.execute(f"create table if not exists {target} ({declared})")
            for c in table.columns:  # a table of an older contract gets the columns that came since
                con.execute(f"alter table {target} add column if not exists {quoted(c)} {known.columns[c]}")
            cast = ", ".join(f"cast({quoted(c)} as {known.columns[c]}) as {quoted(c)}" for c in table.columns)
        order = ", ".join(quoted(c) for c in _disk_order(table, known))
        row = con.execute(
            f"insert into {target} by name select {cast}, {stamp} from ({select}) order by {order}"
        ).fetchone()
    return int(row[0]) if row else 0


def _fill_tables(
    con: duckdb.DuckDBPyConnection, plan: Plan, contract: Dict[str, RawTable], result: FileResult, loaded_at: datetime
) -> None:
    for table in plan.mapping.tables:
        result.rows[table.name] = _fill_table(con, plan.mapping, table, contract.get(table.name), loaded_at)


def _select(table: Table) -> str:
    columns = ", ".join(f"({sql}) as {quoted(name)}" for name, sql in table.columns.items())
    where = f" where {table.where}" if table.where else ""
    group_by = f" group by {table.group_by}" if table.group_by else ""
    return f"select {columns} from {quoted(table.source)}{where}{group_by}"


def _disk_order(table: Table, known: RawTable | None) -> list[str]:
    """Rows that are read together lie together: a visitor's events, else by time and key."""
    if known is None:
        return list(table.columns)
    visitor = ["anonymous_id"] if table.name == "events" else []
    wanted = [*visitor, *([known.happened_at] if known.happened_at else []), *known.key]
    return [c for c in dict.fromkeys(wanted) if c in table.columns] or list(table.columns)


@contextmanager
def _mapping_errors(mapping: Mapping, place: str) -> Iterator[None]:
    """SQL of the mapping that does not run is the mapping's fault, and is named."""
    import duckdb

    try:
        yield
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as error:
        raise UsageError(
            f"mapping {mapping.name}, {place}: {error}", "docs/loading.md describes the mapping"
        ) from error
    except duckdb.ConversionException as error:
        raise ClmError(
            f"mapping {mapping.name}, {place}: {error}", "nothing was loaded; give the column a rule"
        ) from error


def _lines(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0] or 0) if row else 0
