"""Reads the snapshots: features and labels of the same customer and as-of date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from clm_ml.console import say
from clm_ml.errors import DataRefused
from clm_ml.models import guards, sequence
from clm_ml.models.rows import Floats, Rows
from clm_ml.models.sequence import STEPS, TABLE, Sequence
from clm_ml.warehouse import columns, table_exists

if TYPE_CHECKING:
    import pyarrow as pa

    from clm_ml.warehouse import Connection

FEATURES = ("features", "feat_customer__all")
KEYS = ("customer_id", "as_of_date")
MOST_ROWS = 400_000
BATCH = 100_000


@dataclass(frozen=True)
class Task:
    """Where a task's features and labels stand, who is eligible for it, and where its predictions go.

    `eligible` may speak of the features as `f` and of the labels as `l`.
    """

    name: str
    label_table: str
    label_column: str
    prediction_table: str
    features: str = ".".join(FEATURES)
    eligible: str = "l.is_eligible"
    feature_tables: tuple[str, ...] = (FEATURES[1],)
    count_column: str = ""

    @property
    def source(self) -> str:
        """Features and labels of the same customer and as-of date."""
        return f"{self.features} as f inner join labels.{self.label_table} as l using (customer_id, as_of_date)"


CHURN = Task("churn", "label_churn", "is_churned", "pred_churn", count_column="return_day_count")


def require_tables(con: Connection, *tables: tuple[str, str]) -> None:
    """Raises DataRefused where dbt has not made one of the tables yet."""
    missing = [f"{schema}.{name}" for schema, name in tables if not table_exists(con, schema, name)]
    if missing:
        raise DataRefused(f"the warehouse has no {', '.join(missing)}", "run `dbt build` first")


def feature_columns(con: Connection) -> dict[str, str]:
    """Every column of the features table but its keys, with its type, in alphabetical order."""
    return {name: kind for name, kind in sorted(columns(con, *FEATURES).items()) if name not in KEYS}


def horizon_of(con: Connection, task: Task) -> int:
    """The one horizon of the labels, in days."""
    found = con.execute(
        f"select distinct horizon_days from labels.{task.label_table} where horizon_days is not null order by 1"
    ).fetchall()
    if len(found) != 1:
        raise DataRefused(
            f"labels.{task.label_table} carries {len(found)} horizons; training needs exactly one",
            "run `dbt build --select labels` so that every label looks equally far ahead",
        )
    return int(found[0][0])


def read_labelled(
    con: Connection,
    task: Task,
    names: tuple[str, ...],
    days: tuple[date, ...] = (),
    most: int = MOST_ROWS,
) -> Rows:
    """Every eligible row whose label has matured (`days`: of these as-of dates only).

    Of a large company a sample of customers, and it says so.
    """
    where, share = _labelled(con, task, days, most)
    if share < 1:
        say(f"reading the labelled rows of {share:.0%} of the customers, chosen by their id")
    return _rows(con, _source(task, names, days), where, names, f"l.{task.label_column}")


def read_returns(con: Connection, task: Task, most: int = MOST_ROWS) -> Floats:
    """On how many days of the horizon the customer bought, of the rows of `read_labelled`, in their order."""
    where, _ = _labelled(con, task, (), most)
    return _rows(con, task.source, where, (), f"l.{task.count_column}").label


def read_sequence(con: Connection, task: Task, rows: Rows, most: int = MOST_ROWS) -> Sequence:
    """The sequence of each of the rows of `read_labelled`, a date at a time."""
    where, _ = _labelled(con, task, (), most)
    names = tuple(STEPS)
    values = np.empty((len(rows), len(names)), dtype=np.float32)
    for day in rows.dates():
        source = _source(task, names, (day,))
        there = _rows(con, source, f"{where} and f.as_of_date = date '{day}'", names, "null")
        values[rows.on((day,))] = there.features
    return Sequence(names, values)


def _labelled(con: Connection, task: Task, days: tuple[date, ...], most: int) -> tuple[str, float]:
    """Which rows, and the share of the customers that they are."""
    where = f"{task.eligible} and l.{task.label_column} is not null"
    if days:
        where += f" and f.as_of_date in ({_dates(days)})"
    total = _one(con, f"select count(*) from {task.source} where {where}")
    if total <= most:
        return where, 1.0
    share = most / total
    return where + f" and substr(md5(f.customer_id), 1, 7) < '{int(share * 16**7):07x}'", share


def read_eligible(con: Connection, task: Task, day: date, names: tuple[str, ...]) -> Iterator[Rows]:
    """The eligible customers of one as-of date, in the order of their ids, a batch at a time."""
    after = ""
    while True:
        where = f"{task.eligible} and f.as_of_date = date '{day}' and f.customer_id > ?"
        batch = _rows(con, _source(task, names, (day,)), where, names, "null", [after], limit=BATCH)
        if not len(batch):
            return
        yield batch
        after = str(batch.customer[-1])


def eligible_query(task: Task, day: date, names: tuple[str, ...]) -> str:
    """The same customers in one query, for a warehouse that spreads its rows over workers."""
    source = _source(task, names, (day,))
    return _query(source, f"{task.eligible} and f.as_of_date = date '{day}'", names, "null")


def rows_of(batch: pa.RecordBatch, names: tuple[str, ...]) -> Rows:
    """A batch of `eligible_query`; its features lie column by column."""
    found = {name: batch.column(name).to_numpy(zero_copy_only=False) for name in batch.schema.names}
    features = np.empty((len(names), batch.num_rows)).T
    for i in range(len(names)):
        features[:, i] = _floats(found[f"feature_{i}"])
    day = found["as_of_date"].astype("datetime64[D]")
    return Rows(names, found["customer_id"], day, features, _floats(found["label"]))


def read_snapshot(
    con: Connection, day: date, names: tuple[str, ...], where: str, limit: int = BATCH
) -> Iterator[Rows]:
    """The customers of one as-of date (features as `f`), in the order of their ids, a batch at a time; no label."""
    after = ""
    while True:
        here = f"f.as_of_date = date '{day}' and {where} and f.customer_id > ?"
        batch = _rows(con, f"{'.'.join(FEATURES)} as f", here, names, "null", [after], limit)
        if not len(batch):
            return
        yield batch
        after = str(batch.customer[-1])


def snapshot_query(day: date, names: tuple[str, ...], where: str) -> str:
    """The same customers in one query."""
    return _query(f"{'.'.join(FEATURES)} as f", f"f.as_of_date = date '{day}' and {where}", names, "null")


def snapshot_count(con: Connection, day: date, where: str) -> int:
    """How many customers `read_snapshot` gives."""
    return _one(con, f"select count(*) from {'.'.join(FEATURES)} as f where f.as_of_date = date '{day}' and {where}")


def eligible_count(con: Connection, task: Task, day: date) -> int:
    """How many customers `read_eligible` gives."""
    return _one(con, f"select count(*) from {task.source} where {task.eligible} and f.as_of_date = date '{day}'")


def labelled_dates(con: Connection, task: Task, horizon_days: int) -> tuple[date, ...]:
    """The as-of dates with outcomes of this horizon, oldest first."""
    found = con.execute(
        f"select distinct as_of_date from labels.{task.label_table} as l "
        f"where {task.eligible} and l.{task.label_column} is not null and l.horizon_days = ? order by 1",
        [horizon_days],
    ).fetchall()
    return tuple(day for (day,) in found)


def snapshot_dates(con: Connection) -> tuple[date, ...]:
    """The as-of dates that have features, oldest first."""
    return tuple(
        day for (day,) in con.execute(f"select distinct as_of_date from {'.'.join(FEATURES)} order by 1").fetchall()
    )


def choose_day(con: Connection, wanted: date | None) -> date:
    """The as-of date to score: the newest, or the wanted one. Raises DataRefused where there is none."""
    days = snapshot_dates(con)
    if not days:
        raise DataRefused("there are no snapshots to score", "load orders, then run `dbt build`")
    if wanted is not None and wanted not in days:
        raise DataRefused(
            f"there is no snapshot of {wanted}; the newest are {', '.join(map(str, days[-6:]))}",
            "choose one of these, or add the date to the variable as_of_dates and run `dbt build`",
        )
    return wanted or days[-1]


def require_features(con: Connection, task: Task, names: tuple[str, ...]) -> None:
    """Raises DataRefused where a feature that a model reads is no longer there."""
    features, steps = sequence.split(names)
    there = {name for table in task.feature_tables for name in columns(con, "features", table)}
    told = columns(con, *TABLE) if steps and table_exists(con, *TABLE) else ()
    gone = [name for name in features if name not in there]
    gone += [f"{TABLE[1]}.{name}" for name in sequence.channels(steps) if name not in told]
    if gone:
        raise DataRefused(
            f"the champion needs features that are gone: {', '.join(gone)}",
            f"run `clm-ml train {task.name}` on the new features",
        )


def watermark(con: Connection) -> date | None:
    """The last complete business day, where the project states it."""
    if not table_exists(con, "intermediate", "int_watermark"):
        return None
    row = con.execute("select max(watermark_date) from intermediate.int_watermark").fetchone()
    return row[0] if row else None


def check_tables(con: Connection, task: Task, columns: dict[str, str]) -> None:
    """The guards that need the tables themselves: keys once, no date from the future, no unmatured label."""
    check_features(con, columns)
    label = f"labels.{task.label_table}"
    guards.refuse_duplicates(label, _repeated(con, label))
    mark = watermark(con)
    if mark:
        early = _one(
            con,
            f"select count(*) from {label} where {task.label_column} is not null "
            f"and as_of_date + cast(horizon_days as integer) > date '{mark}'",
        )
        guards.refuse_early_labels(label, early, mark)


def check_features(con: Connection, columns: dict[str, str]) -> None:
    """Those of the features: keys once, no date from the future."""
    table = ".".join(FEATURES)
    guards.refuse_duplicates(table, _repeated(con, table))
    for column, kind in columns.items():
        if guards.is_moment(kind):
            later = _one(con, f'select count(*) from {table} where cast("{column}" as date) > as_of_date')
            guards.refuse_later_moment(column, later)
    mark = watermark(con)
    if mark:
        late = _one(con, f"select count(*) from {table} where as_of_date > date '{mark}'")
        guards.refuse_beyond_watermark(table, late, mark)


def _repeated(con: Connection, table: str) -> int:
    return _one(
        con, f"select count(*) from (select 1 from {table} group by customer_id, as_of_date having count(*) > 1)"
    )


def _rows(
    con: Connection,
    source: str,
    where: str,
    names: tuple[str, ...],
    label: str,
    values: list[Any] | None = None,
    limit: int | None = None,
) -> Rows:
    order = f" order by f.as_of_date, f.customer_id{f' limit {limit}' if limit else ''}"
    return _as_rows(con.execute(_query(source, where, names, label) + order, values or []).fetchnumpy(), names)


def _query(source: str, where: str, names: tuple[str, ...], label: str) -> str:
    doubles = "".join(f", cast({_column(name)} as double) as feature_{i}" for i, name in enumerate(names))
    return (
        f"select f.customer_id, f.as_of_date, cast({label} as double) as label{doubles} from {source} where {where}"
    )


def _source(task: Task, names: tuple[str, ...], days: tuple[date, ...]) -> str:
    """Features and labels, and as `s` the sequences of these dates (none: of all) where steps are asked for."""
    steps = sequence.split(names)[1]
    if not steps:
        return task.source
    told = sequence.laid_out(steps, _dates(days))
    return f"{task.source} left join ({told}) as s on f.customer_id = s.customer_id and f.as_of_date = s.as_of_date"


def _dates(days: tuple[date, ...]) -> str:
    return ", ".join(f"date '{day}'" for day in days)


def _column(name: str) -> str:
    return f"coalesce(s.{name}, 0)" if name in STEPS else f'f."{name}"'


def _as_rows(columns: dict[str, Any], names: tuple[str, ...]) -> Rows:
    features = [_floats(columns[f"feature_{i}"]) for i in range(len(names))]
    return Rows(
        names,
        np.asarray(columns["customer_id"], dtype=object),
        np.asarray(columns["as_of_date"]).astype("datetime64[D]"),
        np.column_stack(features) if features else np.empty((len(columns["label"]), 0)),
        _floats(columns["label"]),
    )


def _floats(column: Any) -> Floats:
    values: Floats = np.ma.filled(np.ma.asarray(column).astype(float), np.nan)
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values) if infinite.any() else values


def _one(con: Connection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
