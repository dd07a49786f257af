"""Predictions become rows of their table: all of them or none, and only what differs is written."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from clm_ml.console import say
from clm_ml.warehouse import replace_rows, transaction

if TYPE_CHECKING:
    from clm_ml.warehouse import Connection


def publish(
    con: Connection, table: str, content: tuple[str, ...], scope: tuple[str, date], staged: str
) -> dict[str, Any]:
    """Replace what differs between the staged and the published rows of a (model version, as-of date).

    `content` are the columns that make two rows of a customer the same; when they were scored is not one of them.
    """
    version, day = scope
    same = " and ".join(f"p.{c} is not distinct from s.{c}" for c in ("customer_id", *content))
    here = f"p.model_version = '{version}' and p.as_of_date = date '{day}'"
    stale = f"{here} and not exists (select 1 from {staged} as s where {same})"
    missing = f"not exists (select 1 from {table} as p where {here} and {same})"
    with transaction(con):
        removed = _count(con, f"select count(*) from {table} as p where {stale}")
        written = _count(con, f"select count(*) from {staged} as s where {missing}")
        if removed or written:
            replace_rows(con, table, stale, f"select * from {staged} as s where {missing} order by customer_id")
    say("unchanged" if not removed and not written else f"{written:,} rows written, {removed:,} replaced or removed")
    return {"written": written, "removed": removed, "is_unchanged": not removed and not written}


def _count(con: Connection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0
